"""What pefile says of PE images: one JSON object a line, in the order of the paths on the command line."""

import json
import struct
import sys

import pefile

IAT = 12
BASE_RELOCATION = 5
SECURITY = 4
WIDTHS = {1: 2, 2: 2, 3: 4, 10: 8}  # IMAGE_REL_BASED_HIGH, LOW, HIGHLOW, DIR64: the types the tests' drivers have


def section_at(pe, rva):
    for section in pe.sections:
        # Not the larger of the two: with FileAlignment above SectionAlignment, raw sizes overlap the next section.
        size = section.Misc_VirtualSize or section.SizeOfRawData
        if section.VirtualAddress <= rva < section.VirtualAddress + size:
            return section
    return None


def section_name(section):
    return None if section is None else section.Name.rstrip(b"\0").decode("latin-1")


def relocations(pe):
    for block in getattr(pe, "DIRECTORY_ENTRY_BASERELOC", []):
        for entry in block.entries:
            if entry.type != 0:
                yield entry.type, entry.rva


def report(path):
    pe = pefile.PE(path, fast_load=True)
    pe.parse_data_directories([BASE_RELOCATION, 1])
    directory = pe.OPTIONAL_HEADER.DATA_DIRECTORY
    found = list(relocations(pe))
    straddling = [rva for kind, rva in found if (rva & 0xFFF) + WIDTHS[kind] > 0x1000]
    certificate = directory[SECURITY]
    certificate_type = None
    if certificate.VirtualAddress != 0:
        # This directory alone holds a file offset. WIN_CERTIFICATE: dwLength, wRevision, wCertificateType.
        certificate_type = struct.unpack_from("<IHH", pe.__data__, certificate.VirtualAddress)[2]
    return {
        "path": path,
        "sections": [
            {
                "name": section_name(section),
                "rva": section.VirtualAddress,
                "virtualSize": section.Misc_VirtualSize,
                "offset": section.PointerToRawData,
                "size": section.SizeOfRawData,
                "characteristics": section.Characteristics,
            }
            for section in pe.sections
        ],
        "sectionAlignment": pe.OPTIONAL_HEADER.SectionAlignment,
        "fileAlignment": pe.OPTIONAL_HEADER.FileAlignment,
        "entrySection": section_name(section_at(pe, pe.OPTIONAL_HEADER.AddressOfEntryPoint)),
        "iat": {"rva": directory[IAT].VirtualAddress, "size": directory[IAT].Size},
        "iatSection": section_name(section_at(pe, directory[IAT].VirtualAddress)),
        "importedModules": [entry.dll.decode("latin-1") for entry in getattr(pe, "DIRECTORY_ENTRY_IMPORT", [])],
        "relocations": len(found),
        "straddling": straddling,
        "checkSum": pe.OPTIONAL_HEADER.CheckSum,
        "computedCheckSum": pe.generate_checksum(),
        "nxCompat": bool(pe.OPTIONAL_HEADER.DllCharacteristics & 0x0100),
        "overlayOffset": pe.get_overlay_data_start_offset(),
        "certificate": {
            "offset": certificate.VirtualAddress,
            "size": certificate.Size,
            "type": certificate_type,
        },
    }


for argument in sys.argv[1:]:
    print(json.dumps(report(argument)))
