/** A report that is written while it is made, for those too long to be held: whole under its name or not at all. */
import { closeSync, fchmodSync, fsyncSync, openSync, realpathSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { imageInTheWay } from './create.js';
import { type FileFailure, fileFailure, fromSystemError } from './failure.js';
import { realHost, renameOver } from './rename.js';
import { closeQuietly, createExclusive, release, removeOnSignal, removeQuietly, temporaryPath } from './temporary.js';

export class ReportFile {
  readonly #path: string;
  /** Links resolved. */
  readonly #target: string;
  readonly #mode: number;
  /** Null for a pipe or device, which is written to directly. */
  readonly #temporary: string | null;
  readonly #descriptor: number;

  private constructor(path: string, target: string, mode: number, temporary: string | null) {
    this.#path = path;
    this.#target = target;
    this.#mode = mode;
    this.#temporary = temporary;
    if (temporary !== null) removeOnSignal(temporary);
    this.#descriptor = temporary === null ? openSync(target, 'w') : createExclusive(temporary);
  }

  /** As `writeReportFile` of create.ts: over an earlier report, whose mode stays, never over an image. Never throws. */
  static open(path: string): { readonly ok: true; readonly file: ReportFile } | FileFailure {
    try {
      const status = statSync(path, { throwIfNoEntry: false });
      if (status?.isDirectory())
        return fileFailure('directory', path, `Cannot write ${path}: it is a folder. Name a file.`);
      if (status !== undefined && !status.isFile()) return { ok: true, file: new ReportFile(path, path, 0, null) };
      const image = imageInTheWay(path);
      if (image !== null) return image;
      const target = status === undefined ? path : realpathSync(path);
      const mode = (status?.mode ?? 0o666 & ~process.umask()) & 0o777;
      return { ok: true, file: new ReportFile(path, target, mode, temporaryPath(dirname(target))) };
    } catch (error) {
      return fromSystemError(error, 'write', path);
    }
  }

  /** Appends. After a failure nothing is left and nothing more may be called. */
  async write(text: string): Promise<FileFailure | null> {
    try {
      const bytes = Buffer.from(text, 'utf8');
      for (let done = 0; done < bytes.length; ) done += writeSync(this.#descriptor, bytes, done);
      return null;
    } catch (error) {
      return this.#fail(fromSystemError(error, 'write', this.#path));
    }
  }

  /** Gives the file its name. */
  async close(): Promise<FileFailure | null> {
    const temporary = this.#temporary;
    try {
      if (temporary !== null) {
        fchmodSync(this.#descriptor, this.#mode);
        fsyncSync(this.#descriptor);
      }
      closeSync(this.#descriptor);
    } catch (error) {
      return this.#fail(fromSystemError(error, 'write', this.#path));
    }
    if (temporary === null) return null;
    const failure = await renameOver(temporary, this.#target, this.#path, () => null, realHost);
    if (failure !== null) removeQuietly(temporary);
    await release(temporary);
    return failure;
  }

  async #fail(failure: FileFailure): Promise<FileFailure> {
    closeQuietly(this.#descriptor);
    if (this.#temporary !== null) {
      removeQuietly(this.#temporary);
      await release(this.#temporary);
    }
    return failure;
  }
}
