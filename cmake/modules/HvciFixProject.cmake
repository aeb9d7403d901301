#[[
What a project says about a driver without being asked: its oldest Windows, its INF and its configuration file.
]]
include_guard(GLOBAL)

# The project's own word for the oldest Windows, as text for hvci-fix to read, or empty.
function(_hvci_fix_project_os target out)
  get_target_property(home "${target}" SOURCE_DIR)
  set(${out} "" PARENT_SCOPE)
  get_directory_property(text DIRECTORY "${home}" DEFINITION WDK_NTDDI_VERSION)
  if(NOT text)
    get_target_property(definitions "${target}" COMPILE_DEFINITIONS)
    foreach(name IN ITEMS NTDDI_VERSION _NT_TARGET_VERSION)
      if(NOT text AND ";${definitions};" MATCHES ";(-D|/D)?${name}=([^;]+);")
        set(text "${CMAKE_MATCH_2}")
      endif()
    endforeach()
  endif()
  if(NOT text)
    get_directory_property(text DIRECTORY "${home}" DEFINITION WDK_WINVER)
  endif()
  # A name such as NTDDI_WIN10_RS2, or a generator expression, is known to the compiler only.
  if(text MATCHES "^[0-9A-Za-z.]+$")
    set(${out} "${text}" PARENT_SCOPE)
  endif()
endfunction()

# The INF files among the target's sources: the Windows they install on is the one the driver has to run on.
function(_hvci_fix_infs target out)
  get_target_property(home "${target}" SOURCE_DIR)
  get_target_property(made "${target}" BINARY_DIR)
  get_target_property(sources "${target}" SOURCES)
  set(found "")
  foreach(source IN LISTS sources)
    if(source MATCHES "\\.[iI][nN][fFxX]$" AND NOT source MATCHES "\\$<")
      # As CMake itself looks for a source: what is not there yet is made in the build tree.
      cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY "${home}" NORMALIZE OUTPUT_VARIABLE path)
      if(NOT EXISTS "${path}")
        cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY "${made}" NORMALIZE OUTPUT_VARIABLE path)
      endif()
      list(APPEND found "${path}")
    endif()
  endforeach()
  set(${out} "${found}" PARENT_SCOPE)
endfunction()

# hvci-fix.config.json in the target's source directory or above it, or empty. The command itself looks from the
# directory it is started in, which is the build tree.
function(_hvci_fix_nearest_configuration target out)
  get_target_property(folder "${target}" SOURCE_DIR)
  set(${out} "" PARENT_SCOPE)
  while(TRUE)
    if(EXISTS "${folder}/hvci-fix.config.json")
      set(${out} "${folder}/hvci-fix.config.json" PARENT_SCOPE)
      return()
    endif()
    cmake_path(GET folder PARENT_PATH above)
    if(above STREQUAL folder)
      return()
    endif()
    set(folder "${above}")
  endwhile()
endfunction()
