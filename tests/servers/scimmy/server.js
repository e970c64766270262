// SCIMMY, a SCIM server library that we did not write, over two Maps: node server.js PORT TOKEN
const { randomUUID } = require("node:crypto");
const express = require("express");

async function main(port, token) {
    const { default: SCIMMY } = await import("scimmy");
    const { default: SCIMMYRouters } = await import("scimmy-routers");
    const { Resources, Schemas, Types } = SCIMMY;
    const kept = { User: new Map(), Group: new Map() };
    const name = (resource) => (resource.userName ?? "").toLowerCase();

    const declare = (kind, type) => {
        const rows = kept[kind];
        const existing = (id) => {
            if (!rows.has(id)) throw new Types.Error(404, null, `${kind} ${id} not found`);
            return rows.get(id);
        };
        return Resources.declare(type)
            .ingress((resource, instance) => {
                const row = JSON.parse(JSON.stringify(instance));
                const old = resource.id ? existing(resource.id) : undefined;
                const taken = kind === "User" && [...rows.values()].some((other) => other !== old && name(other) === name(row));
                if (taken) throw new Types.Error(409, "uniqueness", `userName ${row.userName} is taken`);
                row.id = resource.id ?? randomUUID();
                const now = new Date().toISOString();
                row.meta = { created: old?.meta?.created ?? now, lastModified: now };
                rows.set(row.id, row);
                return row;
            })
            .egress((resource) => {
                if (resource.id) return existing(resource.id);
                const all = [...rows.values()];
                return resource.filter ? resource.filter.match(all) : all;
            })
            .degress((resource) => void (existing(resource.id), rows.delete(resource.id)));
    };
    declare("User", Resources.User);
    Resources.User.extend(Schemas.EnterpriseUser, false);
    declare("Group", Resources.Group);

    const app = express();
    app.get("/__dump", (_, response) => response.json({ users: [...kept.User.values()], groups: [...kept.Group.values()] }));
    const handler = (request) => {
        if (request.header("Authorization") !== `Bearer ${token}`) throw new Error("the token is not valid");
        return "provisioning";
    };
    app.use("/scim", new SCIMMYRouters({ type: "bearer", handler }));
    app.listen(port, "127.0.0.1");
}

main(Number(process.argv[2]), process.argv[3]);
