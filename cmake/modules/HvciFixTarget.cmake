#[[
hvci_fix_target(<target>
  [MODE fix|check|off]     default HVCI_FIX_MODE, then fix
  [TARGET_OS auto|RELEASE] default HVCI_FIX_TARGET_OS, then auto: what an .inf or .inx among the target's sources installs on,
                           where that leaves it open PROJECT_OS
  [PROJECT_OS <text>]      what the project says of its oldest Windows; default WDK_NTDDI_VERSION, then NTDDI_VERSION or
                           _NT_TARGET_VERSION among the target's compile definitions, then WDK_WINVER
  [CONFIG <file>]          default HVCI_FIX_CONFIG, then the nearest hvci-fix.config.json
  [BASELINE <file>]        default HVCI_FIX_BASELINE
  [REPORT <file>])         SARIF

Has the driver checked after each link and before whatever POST_BUILD does with it, signing above all. An error that is
left fails the build. Relative files are taken from the current source directory, REPORT from the current binary one. In
a multi-config build REPORT is that of the configuration linked last.

A second call replaces the settings of the first, as long as the directory of the target is being read.
]]
include_guard(GLOBAL)
include("${CMAKE_CURRENT_LIST_DIR}/HvciFixTool.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/HvciFixProject.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/HvciFixLauncher.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/HvciFixVisualStudio.cmake")

set(_HVCI_FIX_SETTINGS MODE TARGET_OS PROJECT_OS CONFIG BASELINE REPORT)

function(hvci_fix_target target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "${_HVCI_FIX_SETTINGS}" "")
  _hvci_fix_no_unknown_arguments("hvci_fix_target(${target})" "${_HVCI_FIX_SETTINGS}")
  if(NOT TARGET "${target}")
    message(FATAL_ERROR "hvci_fix_target(${target}): there is no such target. Call it after the target was added.")
  endif()
  get_target_property(aliased "${target}" ALIASED_TARGET)
  if(aliased)
    set(target "${aliased}")
  endif()
  get_target_property(type "${target}" TYPE)
  get_target_property(imported "${target}" IMPORTED)
  if(imported OR NOT type MATCHES "^(EXECUTABLE|SHARED_LIBRARY|MODULE_LIBRARY)$")
    message(FATAL_ERROR
      "hvci_fix_target(${target}): nothing is linked for this target (${type}). "
      "Name the executable, SHARED or MODULE library that becomes the driver.")
  endif()

  foreach(setting IN ITEMS MODE TARGET_OS CONFIG BASELINE)
    if(NOT DEFINED arg_${setting} AND DEFINED HVCI_FIX_${setting})
      set(arg_${setting} "${HVCI_FIX_${setting}}")
    endif()
  endforeach()
  if(NOT DEFINED arg_REPORT AND HVCI_FIX_REPORT_DIR)
    set(arg_REPORT "${HVCI_FIX_REPORT_DIR}/${target}.sarif")
  endif()
  _hvci_fix_check_mode("hvci_fix_target(${target})" "${arg_MODE}")
  foreach(setting IN ITEMS CONFIG BASELINE)
    _hvci_fix_input_file("hvci_fix_target(${target})" ${setting} arg_${setting})
  endforeach()
  if(arg_REPORT)
    if(arg_REPORT MATCHES "\\$<")
      message(FATAL_ERROR
        "hvci_fix_target(${target}): REPORT ${arg_REPORT} holds a generator expression, which the launcher of a link rule "
        "does not know. Use a plain path.")
    endif()
    cmake_path(ABSOLUTE_PATH arg_REPORT BASE_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}" NORMALIZE)
    # Two links at the same time would each put their own findings there.
    string(SHA256 key "${arg_REPORT}")
    get_property(writer GLOBAL PROPERTY _HVCI_FIX_REPORT_${key})
    if(writer AND NOT writer STREQUAL target)
      message(FATAL_ERROR
        "hvci_fix_target(${target}): REPORT ${arg_REPORT} is the report of ${writer} already. Give each target its own, "
        "or let hvci_fix_enable(REPORT_DIR ...) do it.")
    endif()
    set_property(GLOBAL PROPERTY _HVCI_FIX_REPORT_${key} "${target}")
  endif()

  foreach(setting IN LISTS _HVCI_FIX_SETTINGS)
    set_property(TARGET "${target}" PROPERTY _HVCI_FIX_${setting} "${arg_${setting}}")
  endforeach()
  get_target_property(applied "${target}" _HVCI_FIX_APPLIED)
  if(applied)
    message(FATAL_ERROR
      "hvci_fix_target(${target}): the directory of the target is done and its settings are in use. "
      "Call hvci_fix_target() once, best where the target is added.")
  endif()
  get_target_property(scheduled "${target}" _HVCI_FIX_SCHEDULED)
  if(NOT scheduled)
    set_property(TARGET "${target}" PROPERTY _HVCI_FIX_SCHEDULED TRUE)
    _hvci_fix_schedule("${target}")
  endif()
endfunction()

# Puts the work off to the end of the target's directory, because link options and launchers may be set after our call.
# A directory that is done already takes no deferred call; then everything about its targets is known, too.
function(_hvci_fix_schedule target)
  get_target_property(home "${target}" SOURCE_DIR)
  set(open "${CMAKE_CURRENT_SOURCE_DIR}")
  while(open AND NOT open STREQUAL home)
    get_directory_property(open DIRECTORY "${open}" PARENT_DIRECTORY)
  endwhile()
  if(open)
    # Deferred arguments are expanded when the call runs, in another scope: hence the text.
    cmake_language(EVAL CODE
      "cmake_language(DEFER DIRECTORY [==[${home}]==] CALL _hvci_fix_apply [==[${target}]==])")
  else()
    _hvci_fix_apply("${target}")
  endif()
endfunction()

# Gives the target its hook, by the settings that hvci_fix_target() stored.
function(_hvci_fix_apply target)
  set_property(TARGET "${target}" PROPERTY _HVCI_FIX_APPLIED TRUE)
  foreach(setting IN LISTS _HVCI_FIX_SETTINGS)
    get_target_property(${setting} "${target}" _HVCI_FIX_${setting})
  endforeach()
  if(MODE STREQUAL "off")
    return()
  endif()
  if(NOT CONFIG)
    _hvci_fix_nearest_configuration("${target}" CONFIG)
  endif()
  if(NOT PROJECT_OS)
    _hvci_fix_project_os("${target}" PROJECT_OS)
  endif()
  set(INF "")
  if(NOT TARGET_OS OR TARGET_OS MATCHES "^[Aa][Uu][Tt][Oo]$")
    _hvci_fix_infs("${target}" INF)
  endif()
  if(CMAKE_GENERATOR MATCHES "^Visual Studio")
    _hvci_fix_import("${target}")
  elseif(CMAKE_GENERATOR MATCHES "Ninja|Makefiles")
    _hvci_fix_launch("${target}")
  else()
    message(FATAL_ERROR
      "hvci-fix cannot hook into the generator ${CMAKE_GENERATOR}. Use Ninja, a Makefile or a Visual Studio generator, "
      "or set HVCI_FIX_MODE=off.")
  endif()
endfunction()
