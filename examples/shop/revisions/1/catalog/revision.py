REVISION = "revision-1"
