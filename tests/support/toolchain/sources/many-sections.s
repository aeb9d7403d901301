# Sections S0, S1, ...: more than any fixed-size table would hold. COUNT comes from the command line (-Wa,-defsym).
.altmacro
.macro one_section
  .section S\@,"drw"
  .byte 1
.endm
.rept COUNT
  one_section
.endr
