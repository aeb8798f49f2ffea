REVISION = "revision-broken"
