#[[
Brings hvci-fix into a project without an edit of any CMakeLists.txt:

  cmake -DCMAKE_PROJECT_TOP_LEVEL_INCLUDES=<package>/cmake/inject.cmake ...   CMake 3.24 or later
  cmake -DCMAKE_PROJECT_INCLUDE=<package>/cmake/inject.cmake ...              CMake 3.21 to 3.23

It is hvci_fix_enable() for the whole source tree; the HVCI_FIX_* variables of hvci-fixConfig.cmake are its settings.
Targets that the project gave to hvci_fix_target() itself keep the settings from there.
]]
include_guard(GLOBAL)
get_property(_hvci_fix_in_try_compile GLOBAL PROPERTY IN_TRY_COMPILE)
if(_hvci_fix_in_try_compile)
  return()
endif()

include("${CMAKE_CURRENT_LIST_DIR}/hvci-fixConfig.cmake")
if(NOT hvci-fix_FOUND)
  message(FATAL_ERROR "${hvci-fix_NOT_FOUND_MESSAGE}")
endif()

# A misspelt setting would otherwise be a build that is checked in another way than its owner believes.
get_cmake_property(_hvci_fix_cache CACHE_VARIABLES)
list(FILTER _hvci_fix_cache INCLUDE REGEX "^HVCI_FIX_")
list(REMOVE_ITEM _hvci_fix_cache
  HVCI_FIX_MODE HVCI_FIX_TARGET_OS HVCI_FIX_CONFIG HVCI_FIX_BASELINE HVCI_FIX_REPORT_DIR HVCI_FIX_NODE)
if(_hvci_fix_cache)
  list(JOIN _hvci_fix_cache ", " _hvci_fix_cache)
  message(FATAL_ERROR
    "hvci-fix has no setting ${_hvci_fix_cache}. Use HVCI_FIX_MODE, HVCI_FIX_TARGET_OS, HVCI_FIX_CONFIG, "
    "HVCI_FIX_BASELINE, HVCI_FIX_REPORT_DIR or HVCI_FIX_NODE; take the other out with -UNAME.")
endif()
unset(_hvci_fix_cache)

# CMAKE_PROJECT_INCLUDE runs in whichever directory calls project() first, which is the top one but for odd projects.
cmake_language(DEFER DIRECTORY "${CMAKE_SOURCE_DIR}" CALL hvci_fix_enable)
