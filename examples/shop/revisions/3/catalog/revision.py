REVISION = "revision-3"
