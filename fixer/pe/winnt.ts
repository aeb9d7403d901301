/** Constants of winnt.h in its own spelling. Source: PE specification, "COFF File Header" to "Section Table". */

export const IMAGE_DOS_SIGNATURE = 0x5a4d;
export const IMAGE_NT_SIGNATURE = 0x00004550;
export const IMAGE_NT_OPTIONAL_HDR32_MAGIC = 0x10b;
export const IMAGE_NT_OPTIONAL_HDR64_MAGIC = 0x20b;

export const IMAGE_FILE_MACHINE_I386 = 0x014c;
export const IMAGE_FILE_MACHINE_ARM = 0x01c0;
export const IMAGE_FILE_MACHINE_THUMB = 0x01c2;
export const IMAGE_FILE_MACHINE_ARMNT = 0x01c4;
export const IMAGE_FILE_MACHINE_IA64 = 0x0200;
export const IMAGE_FILE_MACHINE_AMD64 = 0x8664;
export const IMAGE_FILE_MACHINE_ARM64 = 0xaa64;

export const IMAGE_SUBSYSTEM_NATIVE = 1;
export const IMAGE_SUBSYSTEM_EFI_APPLICATION = 10;
export const IMAGE_SUBSYSTEM_EFI_ROM = 13;

export const IMAGE_DLLCHARACTERISTICS_NX_COMPAT = 0x0100;

export const IMAGE_DIRECTORY_ENTRY_IMPORT = 1;
export const IMAGE_DIRECTORY_ENTRY_EXCEPTION = 3;
export const IMAGE_DIRECTORY_ENTRY_SECURITY = 4;
export const IMAGE_DIRECTORY_ENTRY_BASERELOC = 5;
export const IMAGE_DIRECTORY_ENTRY_DEBUG = 6;
export const IMAGE_DIRECTORY_ENTRY_LOAD_CONFIG = 10;
export const IMAGE_DIRECTORY_ENTRY_IAT = 12;
export const IMAGE_NUMBEROF_DIRECTORY_ENTRIES = 16;

export const IMAGE_SCN_CNT_CODE = 0x00000020;
export const IMAGE_SCN_MEM_DISCARDABLE = 0x02000000;
export const IMAGE_SCN_MEM_EXECUTE = 0x20000000;
export const IMAGE_SCN_MEM_READ = 0x40000000;
/** Bit 31: JavaScript's `&` gives a signed result, so compare with `!== 0`, never with `> 0`. */
export const IMAGE_SCN_MEM_WRITE = 0x80000000;

export const IMAGE_REL_BASED_ABSOLUTE = 0;
export const IMAGE_REL_BASED_HIGH = 1;
export const IMAGE_REL_BASED_LOW = 2;
export const IMAGE_REL_BASED_HIGHLOW = 3;
export const IMAGE_REL_BASED_HIGHADJ = 4;
export const IMAGE_REL_BASED_ARM_MOV32 = 5;
export const IMAGE_REL_BASED_THUMB_MOV32 = 7;
export const IMAGE_REL_BASED_IA64_IMM64 = 9;
export const IMAGE_REL_BASED_DIR64 = 10;

/** The page size of every architecture that runs Windows drivers: what memory integrity protects by. */
export const PAGE_SIZE = 0x1000;
