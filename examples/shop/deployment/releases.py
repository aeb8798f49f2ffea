"""Release folders, and the link that says which one is current."""
import os
import re
import shutil

from .instance import SOURCE, ShopError

KEPT = 8


def revision_names():
    return sorted(folder.name for folder in (SOURCE / "revisions").iterdir() if folder.is_dir())


def release_id(folder_name):
    """"0007-revision-2" is a folder of the release "revision-2"."""
    return folder_name.partition("-")[2]


def build(instance, revision, kind):
    """Makes the folder of a new release: the application with the revision's own files laid over it."""
    if revision not in revision_names():
        raise ShopError(f"no revision {revision!r}; there are {', '.join(revision_names())}")
    serial = instance.state()["serial"] + 1
    name = f"{serial:04d}-revision-{revision}"
    temporary = instance.releases / f".building-{name}"
    shutil.rmtree(temporary, ignore_errors=True)
    shutil.copytree(SOURCE / "app", temporary, ignore=shutil.ignore_patterns("__pycache__"))
    for layer in layers(revision):
        shutil.copytree(layer, temporary, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", "BASED_ON"))
    shutil.rmtree(instance.releases / name, ignore_errors=True)
    os.rename(temporary, instance.releases / name)
    instance.note_deploy(name, kind)
    return name


def layers(revision):
    """The revision's folder, after those that it is based on."""
    folder = SOURCE / "revisions" / revision
    base = folder / "BASED_ON"
    return (layers(base.read_text().strip()) if base.exists() else []) + [folder]


def current(instance):
    try:
        return os.path.basename(os.readlink(instance.current))
    except FileNotFoundError:
        return None


def switch(instance, name):
    temporary = instance.home / ".current.new"
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(os.path.join("releases", name))
    os.replace(temporary, instance.current)


def complete(instance):
    """The names of the release folders, without those that are being built."""
    return [folder.name for folder in instance.releases.iterdir() if re.match(r"\d{4,}-", folder.name)]


def serial_of(folder_name):
    return int(folder_name.partition("-")[0])


def newest_of(instance, release):
    """The newest complete folder of a release, None where there is none."""
    return max((name for name in complete(instance) if release_id(name) == release), key=serial_of, default=None)


def previous(instance):
    """The release before the current one, by the history."""
    now = current(instance)
    for entry in reversed(instance.state()["history"]):
        if release_id(entry["folder"]) != release_id(now) and (instance.releases / entry["folder"]).is_dir():
            return entry["folder"]
    raise ShopError("there is no earlier release to go back to")


def discard(instance, name):
    """Removes a release that did not start, so that no rollback leads to it."""
    shutil.rmtree(instance.releases / name, ignore_errors=True)


def prune(instance, needed):
    """Removes old folders and what killed builds left. Keeps the newest, those needed, and one of each release."""
    names = sorted(complete(instance), key=serial_of)
    keep = set(names[-KEPT:]) | set(needed) | {newest_of(instance, release_id(name)) for name in names}
    for folder in instance.releases.iterdir():
        if folder.name not in keep:
            shutil.rmtree(folder, ignore_errors=True)
