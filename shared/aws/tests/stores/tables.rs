use aws::tables::TableNames;
use aws::tables::definition::{DEFINITIONS, KeyType};

use crate::database;

#[tokio::test]
async fn the_tables_are_made_as_they_are_defined_and_making_them_again_changes_nothing() {
    let client = database::client();
    let names = TableNames::with_prefix("test");
    aws::tables::create(&client, &names).await.unwrap();
    aws::tables::create(&client, &names).await.unwrap();
    for (name, definition) in
        ["test-directory", "test-provisioning", "test-activity", "test-imports"].iter().zip(DEFINITIONS)
    {
        let table = client.describe_table().table_name(*name).send().await.unwrap().table.unwrap();
        let mut indexes: Vec<_> = table
            .global_secondary_indexes()
            .iter()
            .map(|index| index.index_name().unwrap().to_owned())
            .collect();
        indexes.sort();
        let mut defined: Vec<_> = definition.indexes.iter().map(|index| index.name.to_owned()).collect();
        defined.sort();
        assert_eq!(indexes, defined);
        assert_eq!(
            table.stream_specification().is_some_and(|stream| stream.stream_enabled),
            definition.stream
        );
    }
}

#[test]
fn only_due_at_is_a_number() {
    let keys =
        DEFINITIONS.iter().flat_map(|table| table.indexes).flat_map(|index| [index.partition, index.sort]);
    let numbers: Vec<_> =
        keys.filter(|key| key.key_type == KeyType::Number).map(|key| key.attribute).collect();
    assert_eq!(numbers, ["due_at"]);
}
