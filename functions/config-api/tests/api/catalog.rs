use crate::client::Client;

#[tokio::test]
async fn the_catalog_is_listed_by_name_a_page_at_a_time() {
    let client = Client::new().await;
    let all = client.get("/v1/catalog").await.expect(200);
    let all = all["items"].as_array().unwrap();
    assert!(all.len() >= 2);
    assert!(all.is_sorted_by_key(|entry| entry["name"].as_str().unwrap().to_owned()));
    for limit in [1, 3] {
        assert_eq!(&client.all("/v1/catalog", limit).await, all);
    }
}

#[tokio::test]
async fn entries_are_found_by_name_and_by_what_they_can() {
    let client = Client::new().await;
    let found = client.all("/v1/catalog?q=GENERIC%20SAML&provisioning=true", 50).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["key"], "generic-saml");
    assert!(client.all("/v1/catalog?q=no+such+thing", 50).await.is_empty());
    let without = client.all("/v1/catalog?provisioning=false", 50).await;
    assert!(without.iter().all(|entry| entry.get("provisioning").is_none()));
}

#[tokio::test]
async fn an_entry_shows_its_profile_with_the_source_of_each_field() {
    let client = Client::new().await;
    let entry = client.get("/v1/catalog/aws-iam-identity-center").await.expect(200);
    assert_eq!(entry["provisioning"]["label"], "documented");
    let profile = &entry["provisioning"]["profile"];
    assert_eq!(profile["members_per_request"]["value"], 100);
    let source = profile["members_per_request"]["source"].as_str().unwrap();
    assert!(profile["sources"][source]["url"].as_str().unwrap().starts_with("https://"));
    let without = client.get("/v1/catalog/dropbox").await.expect(200);
    assert!(without.get("provisioning").is_none());
}

#[tokio::test]
async fn an_entry_is_shown_by_its_key() {
    let client = Client::new().await;
    let entry = client.get("/v1/catalog/generic-oidc").await.expect(200);
    assert_eq!(entry["provisioning"]["label"], "generic");
    client.get("/v1/catalog/nothing").await.problem(404, "not-found");
    client.get("/v1/catalog/%00%ff").await.problem(404, "not-found");
}
