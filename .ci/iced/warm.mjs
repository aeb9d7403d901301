// The module's memory after a decoder of each width has been made and freed: tables built, nothing else in use.

export function warmMemory(bytes) {
  const module = new WebAssembly.Module(bytes);
  const imports = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    imports[from] ??= {};
    imports[from][name] = () => {
      throw new Error(`iced-x86 called ${name}`);
    };
  }
  const iced = new WebAssembly.Instance(module, imports).exports;
  // A global that is not memory would be lost; the stack pointer is put back by everything that moves it.
  const stack = iced.__wbindgen_add_to_stack_pointer(0);
  for (const bitness of [32, 64]) {
    const result = iced.__wbindgen_add_to_stack_pointer(-16);
    const data = iced.__wbindgen_malloc(16, 1);
    iced.decoder_new(result, bitness, data, 16, 0);
    const [decoder, , failed] = new Uint32Array(iced.memory.buffer, result, 3);
    if (failed !== 0) throw new Error(`iced-x86 made no decoder of ${bitness} bits`);
    iced.__wbg_decoder_free(decoder);
    iced.__wbindgen_add_to_stack_pointer(16);
  }
  if (iced.__wbindgen_add_to_stack_pointer(0) !== stack) throw new Error('iced-x86 moved its stack');
  return new Uint8Array(iced.memory.buffer);
}
