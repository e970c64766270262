use provisioning::directory::attribute::{AttributeDefinition, AttributeType};
use provisioning::ports::Defined;

use crate::database;
use crate::examples::{at, id, put_user};

fn definition(name: &str, kind: AttributeType) -> AttributeDefinition {
    AttributeDefinition { name: name.into(), kind, description: Some("what for".into()) }
}

#[tokio::test]
async fn a_definition_is_made_described_anew_and_taken_away() {
    let attributes = database::tables().await.attributes;
    let floor = definition("floor", AttributeType::Integer);
    assert_eq!(attributes.define(&floor).await.unwrap(), Defined::Created);
    let plain = AttributeDefinition { description: None, ..floor.clone() };
    assert_eq!(attributes.define(&plain).await.unwrap(), Defined::Replaced);
    assert_eq!(attributes.attribute("floor").await.unwrap(), Some(plain.clone()));
    let other = definition("floor", AttributeType::Date);
    assert_eq!(attributes.define(&other).await.unwrap(), Defined::OfType(AttributeType::Integer));
    assert_eq!(attributes.list().await.unwrap(), [plain]);
    assert!(attributes.delete("floor").await.unwrap());
    assert!(!attributes.delete("floor").await.unwrap());
    assert_eq!(attributes.attribute("floor").await.unwrap(), None);
}

#[tokio::test]
async fn what_a_file_brings_is_text_unless_it_is_defined() {
    let attributes = database::tables().await.attributes;
    let floor = definition("floor", AttributeType::Integer);
    attributes.define(&floor).await.unwrap();
    attributes.define_unknown(&["team".into(), "floor".into(), "team".into()]).await.unwrap();
    let team = AttributeDefinition { name: "team".into(), kind: AttributeType::String, description: None };
    assert_eq!(attributes.list().await.unwrap(), [floor, team]);
}

#[tokio::test]
async fn definitions_and_offboardings_are_nothing_of_the_directory() {
    let tables = database::tables().await;
    tables.attributes.define(&definition("floor", AttributeType::Integer)).await.unwrap();
    let ada = put_user(&*tables.directory, "Ada", &[]).await;
    assert_eq!(tables.offboardings.noted(&ada.id).await.unwrap(), None);
    tables.offboardings.note(&ada.id, at(1)).await.unwrap();
    tables.offboardings.note(&ada.id, at(2)).await.unwrap();
    assert_eq!(tables.offboardings.noted(&ada.id).await.unwrap(), Some(at(2)));
    assert_eq!(tables.offboardings.noted(&id("bob")).await.unwrap(), None);
    assert_eq!(tables.directory.everything(None).await.unwrap().items.len(), 1);
    assert_eq!(tables.directory.user(&ada.id).await.unwrap().unwrap().user, Some(ada));
}
