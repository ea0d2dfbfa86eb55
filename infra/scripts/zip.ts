import { crc32, deflateRawSync } from 'node:zlib';

/** The lowest date of the format, so that the same content makes the same archive: 1980-01-01. */
const date = (1 << 5) | 1;
const utf8Names = 0x0800;

/** What is said of a file both before its content and in the directory at the end. */
const described = (name: Buffer, content: Buffer, packed: Buffer): Buffer => {
  const header = Buffer.alloc(26);
  header.writeUInt16LE(20, 0); // version needed: deflate
  header.writeUInt16LE(utf8Names, 2);
  header.writeUInt16LE(8, 4); // deflate
  header.writeUInt16LE(date, 8);
  header.writeUInt32LE(crc32(content), 10);
  header.writeUInt32LE(packed.length, 14);
  header.writeUInt32LE(content.length, 18);
  header.writeUInt16LE(name.length, 22);
  return header;
};

const signature = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

/**
 * Makes a ZIP archive (PKWARE APPNOTE 6.3): deflated files, no directories, no more than 4 GB.
 * @param files content by path, with / between names
 */
export const zip = (files: ReadonlyMap<string, Buffer>): Buffer => {
  const local: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [path, content] of files) {
    const [name, packed] = [Buffer.from(path), deflateRawSync(content, { level: 9 })];
    const header = described(name, content, packed);
    const entry = Buffer.concat([signature(0x04034b50), header, name, packed]);
    const rest = Buffer.alloc(14); // no comment, first disk, binary, no attributes
    rest.writeUInt32LE(offset, 10);
    directory.push(signature(0x02014b50), Buffer.from([20, 0]), header, rest, name);
    local.push(entry);
    offset += entry.length;
  }
  const entries = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(files.size, 4);
  end.writeUInt16LE(files.size, 6);
  end.writeUInt32LE(entries.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...local, entries, signature(0x06054b50), end]);
};
