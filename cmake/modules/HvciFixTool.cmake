#[[
What the other modules share: where the tool and its Node are, and the checks of arguments.
]]
include_guard(GLOBAL)

cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH _hvci_fix_cmake_folder)
cmake_path(GET _hvci_fix_cmake_folder PARENT_PATH _HVCI_FIX_PACKAGE)
# Functions run in scopes that need not see this file's variables (find_package in a subdirectory).
set_property(GLOBAL PROPERTY _HVCI_FIX_PACKAGE "${_HVCI_FIX_PACKAGE}")
unset(_hvci_fix_cmake_folder)

# The package's folder. Fatal when `file` of it (such as dist/link.cjs) is not there.
function(_hvci_fix_package out file)
  get_property(package GLOBAL PROPERTY _HVCI_FIX_PACKAGE)
  if(NOT EXISTS "${package}/${file}")
    message(FATAL_ERROR "hvci-fix: ${package}/${file} is missing. Install the package again, or run `npm run build` in a checkout.")
  endif()
  set(${out} "${package}" PARENT_SCOPE)
endfunction()

# The node program, found once; the cache variable HVCI_FIX_NODE names another one.
function(_hvci_fix_node out)
  # Node runs here, whatever the toolchain file says of the target's file system.
  find_program(HVCI_FIX_NODE NAMES node nodejs NO_CMAKE_FIND_ROOT_PATH DOC "Node.js that runs hvci-fix, 20.19 or later")
  if(NOT HVCI_FIX_NODE)
    message(FATAL_ERROR "hvci-fix needs Node.js 20.19 or later and found none. Set HVCI_FIX_NODE to the node program.")
  endif()
  if(NOT EXISTS "${HVCI_FIX_NODE}")
    message(FATAL_ERROR "hvci-fix: HVCI_FIX_NODE is ${HVCI_FIX_NODE}, which does not exist. Set it to the node program.")
  endif()
  _hvci_fix_check_node()
  set(${out} "${HVCI_FIX_NODE}" PARENT_SCOPE)
endfunction()

# Fatal when HVCI_FIX_NODE does not run or is too old: better said once here than at every link.
function(_hvci_fix_check_node)
  get_property(checked GLOBAL PROPERTY _HVCI_FIX_NODE_CHECKED)
  if(checked STREQUAL HVCI_FIX_NODE)
    return()
  endif()
  execute_process(COMMAND "${HVCI_FIX_NODE}" --version
    OUTPUT_VARIABLE version ERROR_VARIABLE problem RESULT_VARIABLE status OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT status EQUAL 0 OR NOT version MATCHES "^v([0-9.]+)")
    message(FATAL_ERROR "hvci-fix: HVCI_FIX_NODE is ${HVCI_FIX_NODE}, which does not answer as Node.js (${status} ${version}${problem}). Set it to the node program.")
  endif()
  if(CMAKE_MATCH_1 VERSION_LESS 20.19)
    message(FATAL_ERROR "hvci-fix needs Node.js 20.19 or later, and ${HVCI_FIX_NODE} is ${version}. Set HVCI_FIX_NODE to a newer one.")
  endif()
  set_property(GLOBAL PROPERTY _HVCI_FIX_NODE_CHECKED "${HVCI_FIX_NODE}")
endfunction()

# Looks at the arg_ variables of the calling function, as cmake_parse_arguments leaves them.
macro(_hvci_fix_no_unknown_arguments call known)
  if(arg_UNPARSED_ARGUMENTS OR arg_KEYWORDS_MISSING_VALUES)
    string(REPLACE ";" ", " _known "${known}")
    if(arg_UNPARSED_ARGUMENTS)
      message(FATAL_ERROR "${call}: unknown argument ${arg_UNPARSED_ARGUMENTS}. It takes ${_known}, each with a value.")
    endif()
    message(FATAL_ERROR "${call}: ${arg_KEYWORDS_MISSING_VALUES} has no value.")
  endif()
endmacro()

function(_hvci_fix_check_mode call mode)
  if(NOT mode MATCHES "^(fix|check|off)?$")
    message(FATAL_ERROR "${call}: MODE ${mode} is unknown. Use fix, check or off.")
  endif()
endfunction()

# Makes the path in variable `path` absolute. Fatal when it names no file.
function(_hvci_fix_input_file call setting path)
  if("${${path}}" STREQUAL "")
    return()
  endif()
  cmake_path(ABSOLUTE_PATH ${path} BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE OUTPUT_VARIABLE absolute)
  if(NOT EXISTS "${absolute}" OR IS_DIRECTORY "${absolute}")
    message(FATAL_ERROR "${call}: ${setting} ${absolute} is no file.")
  endif()
  set(${path} "${absolute}" PARENT_SCOPE)
endfunction()
