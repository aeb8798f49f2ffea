REVISION = "revision-4"
