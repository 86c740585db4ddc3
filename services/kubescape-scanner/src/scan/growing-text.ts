/**
 * UTF-8 text that grows outside of the heap. Megabytes that are put together as strings live on as garbage until the heap has doubled;
 * these bytes are given away as a whole.
 */
export class GrowingText {
  #buffer: Buffer<ArrayBuffer>;
  #length = 0;

  /** `bytes`: what it will probably take. */
  constructor(bytes: number) {
    this.#buffer = Buffer.from(new ArrayBuffer(bytes));
  }

  append(text: string): void {
    // No UTF-16 unit takes more than three bytes.
    const most = this.#length + text.length * 3;
    if (most > this.#buffer.length) this.#grow(this.#length + Buffer.byteLength(text));
    this.#length += this.#buffer.write(text, this.#length);
  }

  /** The bytes, alone in their `ArrayBuffer` but for room after them: it can be transferred to another thread. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(0, this.#length);
  }

  #grow(needed: number): void {
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.from(new ArrayBuffer(Math.max(needed, this.#buffer.length * 2)));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}
