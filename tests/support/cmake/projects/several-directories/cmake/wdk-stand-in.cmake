# Defines wdk_add_driver with the effects of FindWDK's: an executable with the suffix .sys and its linker options in the
# property LINK_FLAGS.
function(wdk_add_driver target)
  add_executable(${target} ${ARGN})
  driver_options(${target})
  set_target_properties(${target} PROPERTIES SUFFIX .sys)
  if(MSVC)
    set_property(TARGET ${target} PROPERTY LINK_FLAGS "/section:INIT,ERWD")
  else()
    set_property(TARGET ${target} PROPERTY LINK_FLAGS "-Xlinker /section:INIT,ERWD")
  endif()
endfunction()
