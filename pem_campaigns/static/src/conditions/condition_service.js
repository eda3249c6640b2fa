import { registry } from "@web/core/registry";

/** What conditions may read beside answers, asked for once. */
export const conditionService = {
    dependencies: ["orm"],
    async: ["loadFacts", "loadNames"],
    start(env, { orm }) {
        let facts;
        const names = {};
        return {
            /** Facts about the partner and about who looks, as descriptions of fields. */
            loadFacts() {
                facts ||= orm
                    .call("pem.form", "get_condition_facts")
                    .then((found) => found.map((fact) => ({ ...fact, name: fact.path, searchable: true })))
                    .catch((error) => {
                        facts = undefined;
                        throw error;
                    });
                return facts;
            },
            /** Names of all records of a small model, by id. */
            loadNames(model) {
                names[model] ||= orm
                    .searchRead(model, [], ["display_name"])
                    .then((records) => Object.fromEntries(records.map((record) => [record.id, record.display_name])));
                return names[model];
            },
        };
    },
};

registry.category("services").add("pem_conditions", conditionService);
