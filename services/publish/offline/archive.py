"""The zip of a package: the same bytes for the same content, and nothing taken from one that is not exactly ours."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Mapping
from hashlib import sha256

from services.publish.offline.rules import BadPackage, Manifest

MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
# Names of files are ours alone: no folder of somebody else's, no way out of it.
_NAME = re.compile(r"(events|lists|acknowledgement)\.jsonl|lists/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.jsonl")
MOST_FILES = 5_000
# Of all files unpacked: some kilobytes for each of the most rows there may be.
MOST_BYTES = 100 * 1024 * 1024
MOST_MANIFEST = 2 * 1024 * 1024
# Of the files we make, so that with manifest and signature no receiver finds a package of ours too large.
MOST_CONTENT = MOST_BYTES - MOST_MANIFEST - 1_000
# What each entry of a zip's directory begins with. The library reads all of them at once, half a kilobyte of memory for
# each 47 bytes; that some bytes of packed content look like it does not matter among thousands.
_ENTRY = b"PK\x01\x02"
# The beginning of the calendar of zip: the time of packing is no part of the content.
_EPOCH = (1980, 1, 1, 0, 0, 0)


def pack(manifest: bytes, signature: bytes, files: Mapping[str, bytes]) -> bytes:
    """The package."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in ((MANIFEST, manifest), (SIGNATURE, signature), *sorted(files.items())):
            info = zipfile.ZipInfo(name, _EPOCH)
            info.create_system, info.external_attr = 3, 0o644 << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return out.getvalue()


class Archive:
    """A package that was handed in; nothing is unpacked to a disk, and nothing beyond what it may be.

    Raises
    ------
    BadPackage
    """

    def __init__(self, content: bytes) -> None:
        if content.count(_ENTRY) > 2 * MOST_FILES:
            raise BadPackage("too_large", f"包内文件过多（上限 {MOST_FILES} 个），未展开", "")
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
            raise BadPackage("no_package", "文件不是完整的 zip 包", "") from error
        members = self._zip.infolist()
        names = [member.filename for member in members]
        if len(members) > MOST_FILES or sum(member.file_size for member in members) > MOST_BYTES:
            raise BadPackage("too_large", f"包展开后过大（上限 {MOST_BYTES // 1024 // 1024} MB），未展开", "")
        strange = [name for name in names if name not in (MANIFEST, SIGNATURE) and not _NAME.fullmatch(name)]
        if strange or len(names) != len(set(names)):
            raise BadPackage("strange_file", "包内有不属于本格式的文件或重复的文件名，未导入", "")
        if any(member.flag_bits & 1 or member.compress_type not in (0, 8) for member in members):
            raise BadPackage("strange_file", "包内文件被加密或用了其他压缩方法，未导入", "")
        self._members = {member.filename: member for member in members}
        self.manifest = self._read(MANIFEST, MOST_MANIFEST)
        self.signature = self._read(SIGNATURE, 1_000)

    def files(self, manifest: Manifest) -> dict[str, bytes]:
        """The files, all of them as the manifest says. Raises BadPackage."""
        wanted = {file.name: file for file in manifest.files}
        if set(wanted) != set(self._members) - {MANIFEST, SIGNATURE} or len(wanted) != len(manifest.files):
            raise BadPackage("files_differ", "包内文件与 manifest.json 所列不一致，未导入")
        found = {}
        for name, file in wanted.items():
            content = self._read(name, file.bytes)
            if sha256(content).hexdigest() != file.sha256 or content.count(b"\n") != file.rows:
                raise BadPackage("file_changed", f"{name} 与 manifest.json 中的散列值或行数不符，未导入", f"/{name}")
            found[name] = content
        return found

    def _read(self, name: str, most: int) -> bytes:
        member = self._members.get(name)
        if member is None or member.file_size > most:
            raise BadPackage("files_differ", f"缺少 {name}，或其大小与所述不符", f"/{name}")
        try:
            with self._zip.open(member) as file:
                content = file.read(most + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError) as error:
            raise BadPackage("no_package", f"{name} 已损坏，无法读出", f"/{name}") from error
        if len(content) > most:
            raise BadPackage("too_large", f"{name} 比所述的大，未导入", f"/{name}")
        return content
