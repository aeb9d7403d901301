#[[
Visual Studio generators: the target's project imports hvci-fix.targets after the VC targets, which puts the check
between Link and signing. Never POST_BUILD: it becomes PostBuildEvent, which runs after signing and packaging.
]]
include_guard(GLOBAL)

# Reads MODE, TARGET_OS, PROJECT_OS, CONFIG, BASELINE and REPORT of _hvci_fix_apply(), and INF: CMake
# gives the project no Inf items, which hvci-fix.targets would find by itself.
function(_hvci_fix_import target)
  _hvci_fix_node(node)
  _hvci_fix_package(package msbuild/hvci-fix.targets)
  # The property holds one file; hvci-fix.targets imports the one that was there before.
  get_target_property(existing "${target}" VS_GLOBAL_ForceImportAfterCppTargets)
  if(existing AND NOT existing MATCHES "hvci-fix\\.targets$")
    set_property(TARGET "${target}" PROPERTY VS_GLOBAL__HvciFixChainedImport "${existing}")
  endif()
  set(HvciFixMode "${MODE}")
  set(HvciFixTargetOs "${TARGET_OS}")
  set(HvciFixAdditionalOptions "")
  if(PROJECT_OS AND (NOT TARGET_OS OR TARGET_OS MATCHES "^[Aa][Uu][Tt][Oo]$"))
    # MSBuild's own _NT_TARGET_VERSION would change how a WDK project compiles.
    set(HvciFixAdditionalOptions "--project-os ${PROJECT_OS}")
  endif()
  foreach(file IN LISTS INF)
    string(APPEND HvciFixAdditionalOptions " --inf \"${file}\"")
  endforeach()
  set(HvciFixConfig "${CONFIG}")
  set(HvciFixBaseline "${BASELINE}")
  set(HvciFixReport "${REPORT}")
  set(HvciFixNode "${node}")
  set(ForceImportAfterCppTargets "${package}/msbuild/hvci-fix.targets")
  foreach(property IN ITEMS ForceImportAfterCppTargets
          HvciFixMode HvciFixTargetOs HvciFixConfig HvciFixBaseline HvciFixReport HvciFixNode HvciFixAdditionalOptions)
    if(${property})
      _hvci_fix_msbuild_text("${${property}}" value)
      set_property(TARGET "${target}" PROPERTY VS_GLOBAL_${property} "${value}")
    endif()
  endforeach()
endfunction()

# Characters that mean something in MSBuild, as %XX. % comes first. CMake does the XML.
function(_hvci_fix_msbuild_text text out)
  foreach(pair IN ITEMS "% 25" "$ 24" "@ 40" "' 27" "( 28" ") 29" "* 2A" "? 3F")
    string(SUBSTRING "${pair}" 0 1 character)
    string(SUBSTRING "${pair}" 2 2 code)
    string(REPLACE "${character}" "%${code}" text "${text}")
  endforeach()
  string(REPLACE ";" "%3B" text "${text}")
  set(${out} "${text}" PARENT_SCOPE)
endfunction()
