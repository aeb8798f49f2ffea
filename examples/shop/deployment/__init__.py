"""How the shop is deployed. An instance folder holds

    config.json    port, sizes, seed            data/        the SQLite database, or the server's (database.py)
    secrets.json   mode 0600                    log/         access.log, error.log, database.log
    state.json     serial and history           run/         master.json, database.json, workers/<pid>.json, lock
    releases/      NNNN-revision-R/             current      symbolic link to one of them

A deploy builds a release folder, switches the link, starts a worker of the new release, and only when that worker is
ready retires the old ones. Each step may be the last one: whatever a killed deploy leaves behind, `converge` in
server.py needs only the link to make one worker of that release serve, and nobody else.
"""
