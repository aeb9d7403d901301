#[[
Finds the Windows Driver Kit and makes wdk::km of it: what a kernel-mode driver is compiled and linked with.

  WDK_ROOT          folder of the kit, which holds Include and Lib; default: where its installer puts it
  WDK_VERSION       a version below Include, such as 10.0.26100.0; default: the newest that has kernel headers
  WDK_NTDDI_VERSION the oldest Windows the driver runs on; 0x0A000003 is Windows 10 1703

Compilers: cl and clang-cl (options as for cl), clang (options as for gcc, linking with lld-link).
]]
set(WDK_ROOT "$ENV{WDKContentRoot}" CACHE PATH "Folder of the Windows Driver Kit that holds Include and Lib")
set(WDK_VERSION "" CACHE STRING "Version of the kit; empty for the newest")
set(WDK_NTDDI_VERSION 0x0A000003 CACHE STRING "Oldest Windows the driver runs on")

set(root "${WDK_ROOT}")
if(NOT root)
  set(root "$ENV{ProgramFiles\(x86\)}/Windows Kits/10")
endif()
cmake_path(CONVERT "${root}" TO_CMAKE_PATH_LIST root NORMALIZE)
if(WDK_VERSION)
  set(headers "${root}/Include/${WDK_VERSION}/km/wdm.h")
else()
  file(GLOB headers "${root}/Include/*/km/wdm.h")
  list(SORT headers COMPARE NATURAL ORDER DESCENDING)
endif()
list(POP_FRONT headers header)
if(NOT header OR NOT EXISTS "${header}")
  message(FATAL_ERROR
    "There is no driver kit: no km/wdm.h for version \"${WDK_VERSION}\" below ${root}/Include. "
    "Install the WDK, or set WDK_ROOT to the folder that holds Include and Lib.")
endif()
cmake_path(GET header PARENT_PATH include)
cmake_path(GET include PARENT_PATH include)
cmake_path(GET include FILENAME version)

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(ARM64|arm64|aarch64)$")
  set(architecture arm64)
  set(definitions _ARM64_ ARM64)
else()
  set(architecture x64)
  set(definitions _AMD64_ AMD64)
endif()
set(libraries "${root}/Lib/${version}/km/${architecture}")

add_library(wdk_km INTERFACE)
add_library(wdk::km ALIAS wdk_km)
target_include_directories(wdk_km SYSTEM INTERFACE "${include}/km" "${include}/km/crt" "${include}/shared")
target_compile_definitions(wdk_km INTERFACE
  ${definitions} _WIN64 _WIN32_WINNT=0x0A00 WINVER=0x0A00 NTDDI_VERSION=${WDK_NTDDI_VERSION}
  # NonPagedPool becomes NonPagedPoolNx, once DriverEntry has called ExInitializeDriverRuntime.
  POOL_NX_OPTIN=1)

if(CMAKE_C_COMPILER_FRONTEND_VARIANT STREQUAL "GNU")
  set(WDK_LINKER_PREFIX LINKER:)
  target_compile_options(wdk_km INTERFACE
    -ffreestanding -fms-extensions -ffunction-sections -Xclang -fms-kernel -mno-stack-arg-probe -funwind-tables)
else()
  set(WDK_LINKER_PREFIX "")
  # /Gy: functions can be left out and moved one by one; no relocation needs to lie across two pages.
  target_compile_options(wdk_km INTERFACE /kernel /W4 /Gy /GS /Zp8 /GR- $<$<CONFIG:Release>:/O2>)
  # Run-time checks and the C library of a program have no place in the kernel.
  string(REGEX REPLACE "[-/]RTC[1csu]+" "" CMAKE_C_FLAGS_DEBUG "${CMAKE_C_FLAGS_DEBUG}")
  set(CMAKE_MSVC_RUNTIME_LIBRARY "")
endif()

# No /MERGE of .rdata or .idata into code, no /ALIGN below a page, no /SECTION that is executable and writable.
set(options
  /DRIVER /SUBSYSTEM:NATIVE /NODEFAULTLIB /RELEASE /INCREMENTAL:NO /MANIFEST:NO /DYNAMICBASE /NXCOMPAT
  /OPT:REF /OPT:ICF /ENTRY:GsDriverEntry)
list(TRANSFORM options PREPEND "${WDK_LINKER_PREFIX}")
target_link_options(wdk_km INTERFACE ${options})
target_link_libraries(wdk_km INTERFACE
  "${libraries}/ntoskrnl.lib" "${libraries}/hal.lib" "${libraries}/BufferOverflowFastFailK.lib")

foreach(name IN ITEMS root headers header include version architecture definitions libraries options)
  unset(${name})
endforeach()
