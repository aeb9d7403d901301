#[[
What the toolchain files beside this one share: the target, and LLVM's tools under their plain or versioned names.
]]
set(DRIVER_ARCHITECTURE x64 CACHE STRING "x64 or arm64")
# CMake's own trial projects read the toolchain file too, and would fall back to x64.
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES DRIVER_ARCHITECTURE)

set(CMAKE_SYSTEM_NAME Windows)
if(DRIVER_ARCHITECTURE STREQUAL "x64")
  set(CMAKE_SYSTEM_PROCESSOR AMD64)
  set(triple x86_64-pc-windows-msvc)
elseif(DRIVER_ARCHITECTURE STREQUAL "arm64")
  set(CMAKE_SYSTEM_PROCESSOR ARM64)
  set(triple aarch64-pc-windows-msvc)
else()
  message(FATAL_ERROR "DRIVER_ARCHITECTURE is ${DRIVER_ARCHITECTURE}; use x64 or arm64.")
endif()
set(CMAKE_C_COMPILER_TARGET ${triple})
set(CMAKE_CXX_COMPILER_TARGET ${triple})
set(CMAKE_ASM_COMPILER_TARGET ${triple})
unset(triple)

# There is no C library to link a trial program with, and none for the driver.
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_C_STANDARD_LIBRARIES "")
set(CMAKE_CXX_STANDARD_LIBRARIES "")

# Sets `variable` to LLVM's tool, under its plain name or Debian's versioned one.
macro(llvm_tool variable name)
  set(_names ${name})
  foreach(_version RANGE 25 15 -1)
    list(APPEND _names ${name}-${_version})
  endforeach()
  find_program(${variable} NAMES ${_names} REQUIRED)
endmacro()

llvm_tool(CMAKE_MT llvm-mt)
llvm_tool(CMAKE_RC_COMPILER llvm-rc)
