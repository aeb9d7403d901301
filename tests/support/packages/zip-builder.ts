/** Builds zip archives, right and wrong. Layouts are typed from APPNOTE.TXT 4.3.7, 4.3.12 and 4.3.16. */
import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipMember {
  readonly name: string;
  readonly data: Buffer;
  /** 8: deflate; 0: stored. */
  readonly method?: 0 | 8;
  readonly flags?: number;
  /** What the headers claim instead of the truth. */
  readonly size?: number;
  readonly crc?: number;
  readonly declaredMethod?: number;
  readonly packed?: Buffer;
}

export function buildZip(members: readonly ZipMember[]): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name, data, method = 8, flags = 0, size, crc, declaredMethod, packed: given } of members) {
    const packed = given ?? (method === 8 ? deflateRawSync(data) : data);
    const raw = Buffer.from(name, 'utf8');
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(flags, 2);
    common.writeUInt16LE(declaredMethod ?? method, 4);
    common.writeUInt32LE((crc ?? crc32(data)) >>> 0, 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(size ?? data.length, 18);
    common.writeUInt16LE(raw.length, 22);
    const head = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, raw]);
    local.push(head, packed);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    central.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, tail, raw);
    offset += head.length + packed.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...local, directory, end]);
}
