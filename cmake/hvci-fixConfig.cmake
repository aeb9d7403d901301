#[[
hvci-fix for CMake: checks drivers for memory integrity (HVCI) on every link, and fixes what is safe in the header.

  find_package(hvci-fix CONFIG REQUIRED)   with CMAKE_PREFIX_PATH=<project>/node_modules or hvci-fix_DIR
  hvci_fix_enable()                        every driver target of this directory and below: modules/HvciFixEnable.cmake
  hvci_fix_target(<target> ...)            one target, with its own settings: modules/HvciFixTarget.cmake

A project that is not to be edited takes inject.cmake, beside this file, instead.

Variables, all optional, that give the defaults of both functions:
  HVCI_FIX_MODE       fix (default), check or off
  HVCI_FIX_TARGET_OS  auto (default), or the oldest Windows the driver runs on: 1607, 1703, 22H2, a build number
  HVCI_FIX_CONFIG     hvci-fix.config.json; default the nearest one in or above the target's source directory
  HVCI_FIX_BASELINE   findings that are accepted (hvci-fix baseline)
  HVCI_FIX_REPORT_DIR folder for one SARIF report a target, <target>.sarif
  HVCI_FIX_NODE       the node program; default the one in PATH

Generators: Ninja, Ninja Multi-Config and the Makefile ones (a linker launcher), Visual Studio (an MSBuild import).
CMake 3.21 or later.
]]
if(CMAKE_VERSION VERSION_LESS 3.21)
  set(hvci-fix_FOUND FALSE)
  set(hvci-fix_NOT_FOUND_MESSAGE "hvci-fix needs CMake 3.21 or later for linker launchers; this is ${CMAKE_VERSION}.")
  return()
endif()

include("${CMAKE_CURRENT_LIST_DIR}/modules/HvciFixTarget.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/modules/HvciFixEnable.cmake")
set(hvci-fix_FOUND TRUE)
