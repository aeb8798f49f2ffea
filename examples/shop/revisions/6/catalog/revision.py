REVISION = "revision-6"
