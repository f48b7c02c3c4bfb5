"""Simulated matches under the names of the real ones, as folders and as encrypted archives, for tests."""

import io
import shutil
import zipfile
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pyzipper
import simulate_soccer

from course_lib.data.published import OFFICIAL_SPLITS

SEASON = "england_efl/2019-2020"
PASSWORD = "a password of the tests"
ZIP_OF = {"train": "train", "val": "valid", "test": "test", "challenge": "challenge"}


@cache
def simulated() -> Path:
    """Three matches of four seconds, made once in a test run."""
    root = Path(mkdtemp(prefix="simulated-"))
    short = ["--size", "tiny", "--minutes", "0.07", "--resolution", "112x64", "--workers", "1"]
    assert simulate_soccer.main([*short, "--out", str(root / "set")]) == 0
    return root / "set"


def copy_as_real(root: Path) -> Path:
    """Nine folders that carry the real matches' names; those of the challenge have no labels."""
    matches = sorted(path.parent for path in simulated().rglob("Labels-ball.json"))
    number = 0
    for split, names in OFFICIAL_SPLITS.items():
        for name in names:
            folder = root / SEASON / name
            folder.mkdir(parents=True)
            shutil.copy(matches[number % len(matches)] / "224p.mp4", folder / "224p.mp4")
            if split != "challenge":
                shutil.copy(matches[number % len(matches)] / "Labels-ball.json", folder / "Labels-ball.json")
            number += 1
    return root


def archives(root: Path, aes: bool = True, password: str | None = PASSWORD) -> dict[str, bytes]:
    """train.zip, valid.zip, test.zip and challenge.zip of such folders, as the hub has them."""
    return {
        f"{ZIP_OF[split]}.zip": zipped(
            {
                f"{SEASON}/{name}/{path.name}": path.read_bytes()
                for name in names
                for path in sorted((root / SEASON / name).iterdir())
            },
            aes,
            password,
        )
        for split, names in OFFICIAL_SPLITS.items()
    }


def zipped(members: dict[str, bytes], aes: bool = True, password: str | None = PASSWORD) -> bytes:
    """An archive of these members: AES, the old zip encryption, or (without a password) none."""
    out = io.BytesIO()
    with pyzipper.AESZipFile(out, "w", compression=zipfile.ZIP_DEFLATED) as archive:
        if password and aes:
            archive.setpassword(password.encode())
            archive.setencryption(pyzipper.WZ_AES)
        for name, content in members.items():
            archive.writestr(name, content)
    plain = out.getvalue()
    return plain if aes or not password else zip_crypto(plain, password.encode())


def zip_crypto(plain: bytes, password: bytes) -> bytes:
    """Encrypt an archive the old way, which Python can read and not write: a slow, obvious version."""
    table = [_crc_entry(byte) for byte in range(256)]
    source = zipfile.ZipFile(io.BytesIO(plain))
    out, directory = bytearray(), bytearray()
    for member in source.infolist():
        keys = _Keys(password, table)
        start = member.header_offset
        name_length = int.from_bytes(plain[start + 26 : start + 28], "little")
        extra_length = int.from_bytes(plain[start + 28 : start + 30], "little")
        data_at = start + 30 + name_length + extra_length
        data = plain[data_at : data_at + member.compress_size]
        check = (member.CRC >> 24) & 255
        secret = bytes(keys.encrypt(byte) for byte in bytes(11) + bytes([check]) + data)
        name = member.filename.encode()
        fields = (
            (member.flag_bits & ~8 | 1).to_bytes(2, "little") + member.compress_type.to_bytes(2, "little") + bytes(4)
            + member.CRC.to_bytes(4, "little") + len(secret).to_bytes(4, "little")
            + member.file_size.to_bytes(4, "little") + len(name).to_bytes(2, "little") + bytes(2)
        )  # fmt: skip
        directory += (
            b"PK\x01\x02" + b"\x14\x03\x14\x00" + fields + bytes(6) + member.external_attr.to_bytes(4, "little")
        )
        directory += len(out).to_bytes(4, "little") + name
        out += b"PK\x03\x04" + b"\x14\x00" + fields + name + secret
    count = len(source.infolist()).to_bytes(2, "little")
    end = b"PK\x05\x06" + bytes(4) + 2 * count + len(directory).to_bytes(4, "little") + len(out).to_bytes(4, "little")
    return bytes(out + directory) + end + bytes(2)


def _crc_entry(value: int) -> int:
    for _ in range(8):
        value = value >> 1 ^ (0xEDB88320 if value & 1 else 0)
    return value


class _Keys:
    """The three keys of the old zip encryption (PKWARE's APPNOTE, section 6.1)."""

    def __init__(self, password: bytes, table: list[int]) -> None:
        self.table = table
        self.keys = [0x12345678, 0x23456789, 0x34567890]
        for byte in password:
            self._update(byte)

    def _update(self, byte: int) -> None:
        k0, k1, k2 = self.keys
        k0 = k0 >> 8 ^ self.table[(k0 ^ byte) & 255]
        k1 = ((k1 + (k0 & 255)) * 134775813 + 1) & 0xFFFFFFFF
        k2 = k2 >> 8 ^ self.table[(k2 ^ k1 >> 24) & 255]
        self.keys = [k0, k1, k2]

    def encrypt(self, byte: int) -> int:
        part = self.keys[2] & 0xFFFF | 2
        secret = byte ^ (part * (part ^ 1) >> 8 & 255)
        self._update(byte)
        return secret
