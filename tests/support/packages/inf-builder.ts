/** An INF that copies `driver<first>.sys` and those that follow it. */
export const infOfDrivers = (count: number, first = 0): Buffer =>
  Buffer.from(`[Version]
[Manufacturer]
M=Models,NTamd64
[Models.NTamd64]
D=Install,ROOT\\X
[Install]
CopyFiles=Files
[Files]
${Array.from({ length: count }, (_, index) => `driver${first + index}.sys\n`).join('')}`);
