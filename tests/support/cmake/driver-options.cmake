#[[
For the test projects: driver_options(<target>) compiles and links it as a driver, without a driver kit. SAMPLES is the
repository's samples folder. A test project names no hvci-fix here: that is what each test adds in its own way.
]]
set(SUPPORT "${CMAKE_CURRENT_LIST_DIR}")
find_program(DLLTOOL NAMES llvm-dlltool-22 llvm-dlltool REQUIRED)

function(driver_options target)
  set(library "${CMAKE_CURRENT_BINARY_DIR}/ntoskrnl.lib")
  execute_process(
    COMMAND "${DLLTOOL}" -m i386:x86-64 -d "${SUPPORT}/ntoskrnl.def" -l "${library}" COMMAND_ERROR_IS_FATAL ANY)
  target_include_directories(${target} PRIVATE "${SAMPLES}/common")
  target_link_libraries(${target} PRIVATE "${library}")
  if(MSVC)
    target_compile_options(${target} PRIVATE /GS- /clang:-ffreestanding /clang:-funwind-tables)
  else()
    target_compile_options(${target} PRIVATE -ffreestanding -funwind-tables -fno-stack-protector)
  endif()
  driver_link_options(${target} /driver /subsystem:native /nodefaultlib /entry:DriverEntry /release)
endfunction()

# Options of link.exe for either way of linking.
function(driver_link_options target)
  set(options ${ARGN})
  if(NOT MSVC)
    list(TRANSFORM options REPLACE "(.+)" "SHELL:-Xlinker \\1")
  endif()
  target_link_options(${target} PRIVATE ${options})
endfunction()
