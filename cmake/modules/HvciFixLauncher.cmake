#[[
Ninja and Makefile generators: hvci-link runs the target's link, so that the check is part of the link itself. It runs
before every POST_BUILD command, in whatever order those were added, and its failure is the link's.

Where the compiler links (gcc, clang), that is <LANG>_LINKER_LAUNCHER. With link.exe and lld-link it is RULE_LAUNCH_LINK:
there CMake runs the linker by `cmake -E vs_link_exe`, which calls a linker launcher twice in Debug, lets mt.exe write a
manifest into the image after it, past our checksum, and keeps the output of a successful link to itself, so nobody would
see a warning. The rule's launcher has all of that inside.
]]
include_guard(GLOBAL)
include("${CMAKE_CURRENT_LIST_DIR}/HvciFixLinkOptions.cmake")

# Reads MODE, TARGET_OS, PROJECT_OS, INF, CONFIG, BASELINE and REPORT of _hvci_fix_apply().
function(_hvci_fix_launch target)
  _hvci_fix_node(node)
  _hvci_fix_package(package dist/link.cjs)
  _hvci_fix_link_source("${target}" LINK_SOURCE)
  get_target_property(home "${target}" SOURCE_DIR)
  get_directory_property(msvc DIRECTORY "${home}" DEFINITION MSVC)

  # A semicolon in a value must not part it, so each argument is finished before it enters a list.
  set(arguments "")
  foreach(setting IN ITEMS MODE CONFIG TARGET_OS PROJECT_OS REPORT BASELINE LINK_SOURCE)
    if(${setting})
      string(TOLOWER "${setting}" option)
      string(REPLACE "_" "-" option "${option}")
      _hvci_fix_add_argument("--hvci-${option}=${${setting}}")
    endif()
  endforeach()
  foreach(file IN LISTS INF)
    _hvci_fix_add_argument("--hvci-inf=${file}")
  endforeach()
  if(msvc)
    _hvci_fix_launch_rule("${target}" "${node}" "${package}/dist/link.cjs" "${arguments}")
  else()
    _hvci_fix_launch_linker("${target}" "${node}" "${package}/dist/link.cjs" "${arguments}")
  endif()

  # Another version of the tool, another configuration: the driver has to be linked, and so checked, again.
  set_property(TARGET "${target}" APPEND PROPERTY LINK_DEPENDS
    "${package}/dist/link.cjs" "${package}/dist/cli.cjs" ${CONFIG} ${BASELINE} ${INF})
  if(REPORT)
    set_property(TARGET "${target}" APPEND PROPERTY ADDITIONAL_CLEAN_FILES "${REPORT}")
    cmake_path(GET REPORT PARENT_PATH folder)
    file(MAKE_DIRECTORY "${folder}")
  endif()
endfunction()

# For _hvci_fix_launch alone: adds to its list. No macro, which would read the backslashes of a path once more.
function(_hvci_fix_add_argument text)
  if(msvc)
    _hvci_fix_shell_text("${text}" text)
  endif()
  string(REPLACE ";" "\\;" text "${text}")
  list(APPEND arguments "${text}")
  set(arguments "${arguments}" PARENT_SCOPE)
endfunction()

# The compiler links. CMake quotes the parts of the list. A launcher that is there already stays outside of ours, so that
# hvci-link is called with the linker it has to understand.
function(_hvci_fix_launch_linker target node script arguments)
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  foreach(language IN LISTS languages)
    get_target_property(existing "${target}" ${language}_LINKER_LAUNCHER)
    if(NOT existing)
      set(existing "")
    endif()
    set_property(TARGET "${target}" PROPERTY ${language}_LINKER_LAUNCHER ${existing} "${node}" "${script}" ${arguments})
  endforeach()
endfunction()

# link.exe or lld-link. The property is text for the shell, which comes before the rule's own command. It hides the
# launcher of the target's directory and the global one (CTEST_USE_LAUNCHERS sets that), so they go before ours. A linker
# launcher stays where it is, inside the rule.
function(_hvci_fix_launch_rule target node script arguments)
  get_target_property(home "${target}" SOURCE_DIR)
  get_property(existing TARGET "${target}" PROPERTY RULE_LAUNCH_LINK)
  if(NOT existing)
    get_property(existing DIRECTORY "${home}" PROPERTY RULE_LAUNCH_LINK)
  endif()
  if(NOT existing)
    get_property(existing GLOBAL PROPERTY RULE_LAUNCH_LINK)
  endif()
  if(existing)
    string(APPEND existing " ")
  endif()
  _hvci_fix_shell_text("${node}" node)
  _hvci_fix_shell_text("${script}" script)
  list(JOIN arguments " " arguments)
  set_property(TARGET "${target}" PROPERTY RULE_LAUNCH_LINK "${existing}${node} ${script} ${arguments}")
endfunction()

# `text` as one word of a rule's command line: quoted for the shell, and for Ninja, whose own sign is $, on top of that.
function(_hvci_fix_shell_text text out)
  if(CMAKE_HOST_WIN32)
    # Paths hold no quotes here. A backslash before the closing one would take its meaning away.
    string(REGEX REPLACE "(\\\\+)$" "\\1\\1" text "${text}")
  else()
    string(REGEX REPLACE "([\\\\\"$`])" "\\\\\\1" text "${text}")
  endif()
  if(CMAKE_GENERATOR MATCHES "Ninja")
    string(REPLACE "$" "$$" text "${text}")
  endif()
  set(${out} "\"${text}\"" PARENT_SCOPE)
endfunction()
