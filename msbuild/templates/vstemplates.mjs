#!/usr/bin/env node
// node msbuild/templates/vstemplates.mjs FOLDER: the `dotnet new` templates beside this file as Visual Studio project
// templates, a .zip each. Copy them to "Documents\Visual Studio 2022\Templates\ProjectTemplates". The build puts them into
// dist/vstemplates.
import { mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32, deflateRawSync } from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const CONFIG = '.template.config';
/** The archive's dates: the same source gives the same bytes. 1 January 1980, the first day zip knows. */
const DOS_DATE = 0x21;

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url))
  main(process.argv[2]);

function main(out) {
  if (out === undefined) {
    process.stderr.write('Name the folder that gets the templates: node vstemplates.mjs FOLDER\n');
    process.exitCode = 2;
    return;
  }
  mkdirSync(out, { recursive: true });
  for (const { name, bytes } of visualStudioTemplates()) {
    writeFileSync(join(out, name), bytes);
    process.stdout.write(`${join(out, name)}\n`);
  }
}

/** Every template as an archive: its file name and its bytes. */
export function visualStudioTemplates() {
  return readdirSync(here, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => ({ name: `${name}.zip`, bytes: zip(visualStudioTemplate(join(here, name))) }));
}

/** The template's files under the names they have in the archive, the .vstemplate first. */
function visualStudioTemplate(folder) {
  const template = JSON.parse(readFileSync(join(folder, CONFIG, 'template.json'), 'utf8'));
  const names = readdirSync(folder)
    .filter((name) => name !== CONFIG)
    .sort();
  const files = names.map((name) => ({
    name,
    text: withParameters(readFileSync(join(folder, name), 'utf8'), template),
  }));
  return [{ name: 'MyTemplate.vstemplate', text: describe(template, names) }, ...files];
}

function withParameters(text, { sourceName, guids }) {
  let result = text.replaceAll(sourceName, '$safeprojectname$');
  guids.forEach((guid, index) => {
    result = result.replaceAll(guid, `$guid${index + 1}$`);
  });
  return result;
}

function describe({ name, description, sourceName, defaultName }, names) {
  const project = names.find((file) => file.endsWith('.vcxproj'));
  const target = (file) => escapeXml(file.replaceAll(sourceName, '$safeprojectname$'));
  const items = names
    .filter((file) => file !== project)
    .map(
      (file) =>
        `      <ProjectItem ReplaceParameters="true" TargetFileName="${target(file)}">${escapeXml(file)}</ProjectItem>`,
    );
  return `<?xml version="1.0" encoding="utf-8"?>
<VSTemplate Version="3.0.0" Type="Project" xmlns="http://schemas.microsoft.com/developer/vstemplate/2005">
  <TemplateData>
    <Name>${escapeXml(name)}</Name>
    <Description>${escapeXml(description)}</Description>
    <ProjectType>VC</ProjectType>
    <DefaultName>${escapeXml(defaultName)}</DefaultName>
    <ProvideDefaultName>true</ProvideDefaultName>
    <CreateNewFolder>true</CreateNewFolder>
    <LocationField>Enabled</LocationField>
    <EnableLocationBrowseButton>true</EnableLocationBrowseButton>
  </TemplateData>
  <TemplateContent>
    <Project File="${escapeXml(project)}" TargetFileName="${target(project)}" ReplaceParameters="true">
${items.join('\n')}
    </Project>
  </TemplateContent>
</VSTemplate>
`;
}

function escapeXml(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** A zip archive as in PKWARE's APPNOTE: a local header and deflated data for each file, the directory, its end. */
function zip(files) {
  const parts = [];
  const directory = [];
  let offset = 0;
  for (const { name, text } of files) {
    const data = Buffer.from(text, 'utf8');
    const packed = deflateRawSync(data, { level: 9 });
    const path = Buffer.from(name, 'utf8');
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0); // version needed
    common.writeUInt16LE(0x800, 2); // names are UTF-8
    common.writeUInt16LE(8, 4); // deflate
    common.writeUInt16LE(DOS_DATE, 8);
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(path.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, path, packed]);
    const rest = Buffer.alloc(14); // no comment, disk 0, no attributes
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\x01\x02', 'latin1'), Buffer.from([20, 0]), common, rest, path);
    parts.push(local);
    offset += local.length;
  }
  const entries = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(files.length, 4);
  end.writeUInt16LE(files.length, 6);
  end.writeUInt32LE(entries.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, entries, Buffer.from('PK\x05\x06', 'latin1'), end]);
}
