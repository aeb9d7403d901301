#[[
What the samples' CMake projects share.

  sample_driver(<name>   target <name>-driver, file <name>.sys
    [DEFECT_LINK_OPTIONS <option>...] [DEFECT_COMPILE_OPTIONS <option>...]   what makes the driver wrong
    [REMEDY_LINK_OPTIONS <option>...]                                        what stands there instead
    [REMEDY_SOURCE <file>])                                                  instead of driver.c

Adds the driver with its defect, or with the remedy where REMEDY is ON, and has hvci-fix look after it. The options are
those of link.exe and lld-link. Compilers: cl, clang-cl, or clang with the toolchain file clang-lld-link.cmake.
]]
option(REMEDY "Build the driver as it should be" OFF)
set(SAMPLES_COMMON "${CMAKE_CURRENT_LIST_DIR}")
# cl's checks at run time call a library that a driver has not got, and do not go with /O2.
string(REGEX REPLACE "[-/]RTC[1csu]+" "" CMAKE_C_FLAGS_DEBUG "${CMAKE_C_FLAGS_DEBUG}")

# node_modules of a project that copied a sample, or the repository that this one is in.
find_package(hvci-fix CONFIG REQUIRED HINTS "${CMAKE_SOURCE_DIR}/node_modules" PATHS "${SAMPLES_COMMON}/../../cmake")

function(sample_driver name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "REMEDY_SOURCE"
    "DEFECT_LINK_OPTIONS;DEFECT_COMPILE_OPTIONS;REMEDY_LINK_OPTIONS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "sample_driver(${name}): unknown argument ${arg_UNPARSED_ARGUMENTS}")
  endif()
  set(source driver.c)
  set(link_options "${arg_DEFECT_LINK_OPTIONS}")
  set(compile_options "${arg_DEFECT_COMPILE_OPTIONS}")
  if(REMEDY)
    set(link_options "${arg_REMEDY_LINK_OPTIONS}")
    set(compile_options "")
    if(arg_REMEDY_SOURCE)
      set(source "${arg_REMEDY_SOURCE}")
    endif()
  endif()

  set(target ${name}-driver)
  kernel_import_library(ntoskrnl)
  add_executable(${target} ${source} "${SAMPLES_COMMON}/device.c")
  set_target_properties(${target} PROPERTIES OUTPUT_NAME ${name} SUFFIX .sys C_STANDARD 11)
  target_link_libraries(${target} PRIVATE "${ntoskrnl}")
  if(CMAKE_C_COMPILER_ID STREQUAL "MSVC")
    # Neither stack checks nor C library calls: there is nothing to link them with.
    target_compile_options(${target} PRIVATE /O2 /Gy /GS- /Gs99999 /kernel ${compile_options})
  else()
    set(options -ffreestanding -fno-builtin -funwind-tables ${compile_options})
    if(MSVC)
      list(TRANSFORM options PREPEND /clang:)
      list(APPEND options /O2 /Gy /GS- /Gs99999)
    else()
      list(APPEND options -O2 -fno-stack-protector -mno-stack-arg-probe)
    endif()
    target_compile_options(${target} PRIVATE ${options} -Xclang -fms-kernel)
  endif()

  set(options /driver /subsystem:native /nodefaultlib /entry:DriverEntry /release ${link_options})
  if(NOT ";${link_options};" MATCHES ";/section:INIT,")
    # lld-link takes the whole set of flags here, where link.exe would add to its own.
    list(APPEND options /section:INIT,ERD)
  endif()
  if(NOT MSVC)
    list(TRANSFORM options REPLACE "(.+)" "SHELL:-Xlinker \\1")
  endif()
  target_link_options(${target} PRIVATE ${options})
  hvci_fix_target(${target})
endfunction()

# Makes the import library of the kernel at configure time and sets `out` to its path.
function(kernel_import_library out)
  set(library "${CMAKE_CURRENT_BINARY_DIR}/ntoskrnl.lib")
  set(${out} "${library}" PARENT_SCOPE)
  set(definitions "${SAMPLES_COMMON}/ntoskrnl.def")
  set(machine x64)
  set(dlltool_machine i386:x86-64)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(ARM64|aarch64)$" OR CMAKE_C_COMPILER_ARCHITECTURE_ID STREQUAL "ARM64")
    set(machine arm64)
    set(dlltool_machine arm64)
  endif()
  if(CMAKE_C_COMPILER_ID STREQUAL "MSVC")
    set(command "${CMAKE_AR}" /nologo "/def:${definitions}" /machine:${machine} "/out:${library}")
  else()
    cmake_path(GET CMAKE_C_COMPILER PARENT_PATH tools)
    find_program(LLVM_DLLTOOL NAMES llvm-dlltool llvm-dlltool-22 llvm-dlltool-21 llvm-dlltool-20 llvm-dlltool-19
      HINTS "${tools}" REQUIRED)
    set(command "${LLVM_DLLTOOL}" -m ${dlltool_machine} -d "${definitions}" -l "${library}")
  endif()
  execute_process(COMMAND ${command} COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET)
endfunction()
