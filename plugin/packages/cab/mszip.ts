/** MSZIP: `CK` and a raw deflate stream in each block, whose window reaches into the blocks before. Source: MS-MCI. */
import { inflateRawSync } from 'node:zlib';
import { type BlockDecoder, DecodeError } from './blocks.js';

const WINDOW = 32768;

export function mszipDecoder(): BlockDecoder {
  let history: Buffer = Buffer.alloc(0);
  return (packed, length) => {
    if (packed[0] !== 0x43 || packed[1] !== 0x4b) throw new DecodeError('an MSZIP block does not start with CK');
    let block: Buffer;
    try {
      const options = { maxOutputLength: WINDOW, ...(history.length === 0 ? {} : { dictionary: history }) };
      block = inflateRawSync(packed.subarray(2), options);
    } catch (error) {
      throw new DecodeError(`an MSZIP block cannot be inflated (${error instanceof Error ? error.message : error})`);
    }
    if (block.length !== length) throw new DecodeError(`an MSZIP block has ${block.length} bytes, not ${length}`);
    history = block.length >= WINDOW ? block : Buffer.concat([history, block]).subarray(-WINDOW);
    return block;
  };
}
