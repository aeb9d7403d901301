"""Makes a project of a Visual Studio template: instantiate.py TEMPLATE.zip FOLDER NAME. Prints the files' names."""

import os
import sys
import xml.etree.ElementTree
import zipfile

archive, folder, name = sys.argv[1:]
SPACE = "{http://schemas.microsoft.com/developer/vstemplate/2005}"
PARAMETERS = {
    "$safeprojectname$": name,
    "$projectname$": name,
    "$guid1$": "00000000-1111-2222-3333-444444444444",
}


def replace(text):
    for parameter, value in PARAMETERS.items():
        text = text.replace(parameter, value)
    return text


with zipfile.ZipFile(archive) as template:
    assert template.testzip() is None
    (description,) = [entry for entry in template.namelist() if entry.endswith(".vstemplate")]
    root = xml.etree.ElementTree.fromstring(template.read(description))
    assert root.tag == SPACE + "VSTemplate" and root.get("Type") == "Project"
    project = root.find(f"{SPACE}TemplateContent/{SPACE}Project")
    files = {project.get("File"): project.get("TargetFileName")}
    for item in project.iter(SPACE + "ProjectItem"):
        files[item.text] = item.get("TargetFileName")
    assert set(files) | {description} == set(template.namelist())
    os.makedirs(folder)
    for source, target in files.items():
        with open(os.path.join(folder, replace(target)), "w", encoding="utf-8", newline="") as out:
            out.write(replace(template.read(source).decode("utf-8")))
        print(replace(target))
