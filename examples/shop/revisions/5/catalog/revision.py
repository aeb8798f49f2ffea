REVISION = "revision-5"
