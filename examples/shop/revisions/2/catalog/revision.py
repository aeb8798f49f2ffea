REVISION = "revision-2"
