import { collectGarbage } from '../garbage.ts';

/** Bytes of buffers in use, once the garbage is gone. */
export function liveBufferBytes(): number {
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

/** The most bytes of buffers that were in use at once, garbage among them, above what there was at first. */
export class BufferWatch {
  readonly #before = liveBufferBytes();
  #most = this.#before;

  look(): void {
    this.#most = Math.max(this.#most, process.memoryUsage().arrayBuffers);
  }

  get grownBytes(): number {
    return this.#most - this.#before;
  }
}
