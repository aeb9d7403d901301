#[[
Tells find_package whether this hvci-fix satisfies the version it was asked for. The version is package.json's, so that
it is written down once. Versions are compatible as in npm's ^: the same major, and below 1.0 the same minor.
]]
set(PACKAGE_VERSION_COMPATIBLE FALSE)
set(PACKAGE_VERSION_EXACT FALSE)
if(CMAKE_VERSION VERSION_LESS 3.21)
  # string(JSON) is not there yet; hvci-fixConfig.cmake would refuse as well.
  set(PACKAGE_VERSION "unknown, because CMake is older than 3.21")
  set(PACKAGE_VERSION_UNSUITABLE TRUE)
  return()
endif()

file(READ "${CMAKE_CURRENT_LIST_DIR}/../package.json" _hvci_fix_manifest)
string(JSON PACKAGE_VERSION GET "${_hvci_fix_manifest}" version)
unset(_hvci_fix_manifest)
string(REGEX REPLACE "[-+].*" "" PACKAGE_VERSION "${PACKAGE_VERSION}")

if(PACKAGE_FIND_VERSION_RANGE)
  if(PACKAGE_VERSION VERSION_GREATER_EQUAL PACKAGE_FIND_VERSION_MIN
     AND ((PACKAGE_FIND_VERSION_RANGE_MAX STREQUAL "INCLUDE" AND PACKAGE_VERSION VERSION_LESS_EQUAL PACKAGE_FIND_VERSION_MAX)
          OR (PACKAGE_FIND_VERSION_RANGE_MAX STREQUAL "EXCLUDE" AND PACKAGE_VERSION VERSION_LESS PACKAGE_FIND_VERSION_MAX)))
    set(PACKAGE_VERSION_COMPATIBLE TRUE)
  endif()
elseif(PACKAGE_VERSION VERSION_GREATER_EQUAL PACKAGE_FIND_VERSION)
  string(REGEX MATCH "^(0\\.[0-9]+|[1-9][0-9]*)" _hvci_fix_series "${PACKAGE_VERSION}")
  if(PACKAGE_FIND_VERSION_COUNT EQUAL 1)
    # "1" asks for any 1.x, "0" for any 0.x.
    string(REGEX MATCH "^[0-9]+" _hvci_fix_series "${_hvci_fix_series}")
  endif()
  if("${PACKAGE_FIND_VERSION}." MATCHES "^${_hvci_fix_series}\\.")
    set(PACKAGE_VERSION_COMPATIBLE TRUE)
  endif()
  if(PACKAGE_VERSION VERSION_EQUAL PACKAGE_FIND_VERSION)
    set(PACKAGE_VERSION_EXACT TRUE)
  endif()
  unset(_hvci_fix_series)
endif()
