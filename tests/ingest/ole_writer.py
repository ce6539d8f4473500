"""Small OLE containers for tests (compound files after [MS-CFB]): storages with streams, whatever their size."""

import struct

SECTOR = 512
MINI = 64
SMALL = 4096
FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
Tree = dict[str, "bytes | Tree"]


def ole_bytes(tree: Tree) -> bytes:
    """A container with the streams (bytes) and storages (dicts) of `tree`."""
    entries = [["Root Entry", 5, FREE, FREE, FREE, b""]]
    add_children(entries, 0, tree)
    mini = bytearray()
    minifat: list[int] = []
    big: list[tuple[int, bytes]] = []
    starts = {}
    for number, (_, kind, _, _, _, data) in enumerate(entries):
        if kind != 2:
            continue
        if len(data) >= SMALL:
            big.append((number, data))
            continue
        starts[number] = len(minifat) if data else END
        count = -(-len(data) // MINI)
        minifat += [len(minifat) + 1 + place for place in range(count - 1)] + ([END] if count else [])
        mini += data.ljust(count * MINI, b"\0")
    sectors: list[bytes] = []
    fat: list[int] = []

    def put(data: bytes) -> int:
        count = -(-len(data) // SECTOR)
        start = len(sectors)
        padded = data.ljust(count * SECTOR, b"\0")
        sectors.extend(padded[place * SECTOR : (place + 1) * SECTOR] for place in range(count))
        fat.extend([start + place + 1 for place in range(count - 1)] + [END])
        return start

    for number, data in big:
        starts[number] = put(data)
    root_start = put(bytes(mini)) if mini else END
    minifat_start = put(struct.pack(f"<{len(minifat)}I", *minifat).ljust(SECTOR, b"\xff")) if minifat else END
    directory = b"".join(
        entry_bytes(entry, root_start if not number else starts.get(number, 0), len(mini) if not number else None)
        for number, entry in enumerate(entries)
    )
    directory_start = put(directory)
    fat_start = len(sectors)
    fat.append(FAT)
    sectors.append(struct.pack("<128I", *fat, *([FREE] * (128 - len(fat)))))
    minifat_sectors = -(-len(minifat) * 4 // SECTOR)
    header = struct.pack(
        "<8s16sHHHHH6sIIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", 0x3E, 3, 0xFFFE, 9, 6, b"", 0, 1,
        directory_start, 0, SMALL, minifat_start, minifat_sectors, END, 0, fat_start,
    )  # fmt: skip
    return header.ljust(SECTOR, b"\xff") + b"".join(sectors)


def add_children(entries: list, parent: int, tree: Tree) -> None:
    """Siblings as a tree that is a list: each is the right neighbour of the one before, in the order of the format."""
    names = sorted(tree, key=lambda name: (len(name), name.upper()))
    before = None
    for name in names:
        value = tree[name]
        number = len(entries)
        entries.append(
            [name, 1 if isinstance(value, dict) else 2, FREE, FREE, FREE, b"" if isinstance(value, dict) else value]
        )
        if before is None:
            entries[parent][4] = number
        else:
            entries[before][3] = number
        before = number
        if isinstance(value, dict):
            add_children(entries, number, value)


def entry_bytes(entry: list, start: int, size: int | None) -> bytes:
    name, kind, left, right, child, data = entry
    coded = f"{name}\0".encode("utf-16-le")
    length = len(data) if size is None else size
    return struct.pack(
        "<64sHBBIII16sIQQIQ", coded, len(coded), kind, 1, left, right, child, b"", 0, 0, 0, start, length
    )


def msg_tree(texts: dict[str, str], attachments: tuple[Tree, ...] = (), sent: int = 0) -> Tree:
    """The storage of an Outlook message: properties by their four-digit tags."""
    tree: Tree = {f"__substg1.0_{tag}001F": text.encode("utf-16-le") for tag, text in texts.items()}
    tree["__properties_version1.0"] = b"\0" * 32 + struct.pack("<HHIQ", 0x40, 0x39, 6, sent)
    for number, attachment in enumerate(attachments):
        tree[f"__attach_version1.0_#{number:08X}"] = attachment
    return tree


def attachment_tree(name: str, content: "bytes | Tree") -> Tree:
    """The storage of an attachment: a file, or a message in the message."""
    tag = "3701000D" if isinstance(content, dict) else "37010102"
    return {"__substg1.0_3707001F": name.encode("utf-16-le"), f"__substg1.0_{tag}": content}
