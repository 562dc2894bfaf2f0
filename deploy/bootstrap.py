"""Set the project up on a machine with nothing but Python 3.11+: `.venv`, the locked packages, the project on the path.

Standard library only. A second run is over in a moment (the set-up is marked with the hash of the lock), two at once
wait for one another, an interrupted one is done again.
"""

import fcntl
import hashlib
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
MARK = VENV / ".set-up"
OLDEST = (3, 11)
NEWER = [f"python3.{minor}" for minor in range(14, 10, -1)]

TOO_OLD = """qingdan: Python {oldest} or newer is needed, {executable} is {found}.
Install one, or name it: make PYTHON=/path/to/python3.12 {target}"""

NO_VENV = """qingdan: this Python ({executable}) cannot make a virtual environment: its module {module} is missing.
  Debian, Ubuntu:  apt-get install python3-venv   (as root)
  or use another:  make PYTHON=/path/to/python3 {target}"""

NO_PACKAGES = """qingdan: the packages of requirements.lock could not be installed (exit code {code}), see above.
They come from the package index your pip is set up for. When it can be reached, run the same command again."""


def wanted_mark() -> str:
    """What a finished set-up is marked with: the lock, and the folder, since a moved environment does not work."""
    return f"{hashlib.sha256(LOCK.read_bytes()).hexdigest()} {ROOT}\n"


def is_set_up() -> bool:
    try:
        return MARK.read_text() == wanted_mark() and python().exists()
    except OSError:
        return False


def python() -> Path:
    return VENV / "bin" / "python"


def use_new_enough_python(target: str) -> None:
    """Go on in a newer Python of the PATH when this one is too old; otherwise say so and leave."""
    if sys.version_info >= OLDEST:
        return
    for name in NEWER:
        found = shutil.which(name)
        if found:
            os.execv(found, [found, *sys.argv])
    oldest = ".".join(map(str, OLDEST))
    sys.exit(TOO_OLD.format(oldest=oldest, executable=sys.executable, found=sys.version.split()[0], target=target))


def make_venv(target: str) -> None:
    for module in ("venv", "ensurepip"):  # Debian ships them in a package of their own
        try:
            __import__(module)
        except ImportError:
            sys.exit(NO_VENV.format(executable=sys.executable, module=module, target=target))
    shutil.rmtree(VENV, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)


def install_packages() -> None:
    command = [
        str(python()), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--no-user", "-qq",
        "--require-hashes", "--no-deps", "-r", str(LOCK),
    ]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT)
    if done.returncode != 0:
        sys.exit(NO_PACKAGES.format(code=done.returncode))


def put_project_on_path() -> None:
    """A .pth file and a start script: no build step, and a changed source file counts at once."""
    query = "import sysconfig; print(sysconfig.get_path('purelib'))"
    where = subprocess.run([str(python()), "-c", query], check=True, capture_output=True, text=True).stdout.strip()
    Path(where, "qingdan.pth").write_text(f"{ROOT}\n")
    script = VENV / "bin" / "qingdan"
    program = "from shared.cli import app; app(prog_name='qingdan')"
    script.write_text(f'#!/bin/sh\nexec {shlex.quote(str(python()))} -c {shlex.quote(program)} "$@"\n')
    script.chmod(0o755)


def set_up(target: str) -> None:
    use_new_enough_python(target)
    started_before = MARK.exists() and python().exists() and str(ROOT) in MARK.read_text()
    print(f"qingdan: setting up {VENV.name} from {LOCK.name} (about a minute, once)", file=sys.stderr, flush=True)
    if not started_before:
        make_venv(target)
    install_packages()
    put_project_on_path()
    MARK.write_text(wanted_mark())
    print("qingdan: set up", file=sys.stderr, flush=True)


def main() -> None:
    target = os.environ.get("MAKECMDGOALS") or "setup"
    if is_set_up():
        return
    if not os.access(ROOT, os.W_OK):
        sys.exit(f"qingdan: {ROOT} cannot be written by the present user, and .venv and .state belong there")
    with open(ROOT / ".venv.lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_set_up():  # another one may have done it while we waited
            set_up(target)


if __name__ == "__main__":
    main()
