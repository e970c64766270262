"""Judges the requests of docs/SCIM.md by scim2-models, which we did not write: judge.py FILE prints a line for each it refuses."""

import json
import re
import sys

from scim2_models import Context, EnterpriseUser, Group, PatchOp, User

KINDS = {"Users": User[EnterpriseUser], "Groups": Group}
CONTEXTS = {"POST": Context.RESOURCE_CREATION_REQUEST, "PUT": Context.RESOURCE_REPLACEMENT_REQUEST}


def examples(text):
    """Each example's heading, method, path and body."""
    heading, fence = "", None
    for line in text.splitlines():
        if fence is not None:
            if line == "```":
                head, _, body = "\n".join(fence).partition("\n\n")
                method, path = head.splitlines()[0].split(" ", 1)
                yield heading, method, path, body
                fence = None
            else:
                fence.append(line)
        elif line == "```http":
            fence = []
        elif line.startswith("### "):
            heading = line[4:]


def judge(method, path, body):
    kind = KINDS[re.match(r"/(\w+)", path).group(1)]
    if method == "PATCH":
        PatchOp[kind].model_validate(body, scim_ctx=Context.RESOURCE_PATCH_REQUEST)
    else:
        kind.model_validate(body, scim_ctx=CONTEXTS[method])


judged = 0
for heading, method, path, body in examples(open(sys.argv[1], encoding="utf-8").read()):
    if not body:
        continue
    judged += 1
    try:
        judge(method, path, json.loads(body))
    except Exception as error:
        print(f"refused\t{heading}\t{method} {path}\t{' '.join(str(error).split())[:300]}")
print(f"judged\t{judged}")
