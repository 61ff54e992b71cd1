//! My Settings & Devices in the app's real window, against the real service.

use countersign_tests::{person::Person, service::Service};

const USER: &str = "nina.holt";
const PASSWORD: &str = "correct horse battery";

#[tokio::test]
async fn a_person_signs_in_from_the_tab_proves_it_and_activates_this_device_again_in_one_tap() {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(&folder.path().join("service"))
        .await
        .unwrap();
    service.add_user(USER).unwrap();
    service.set_password(USER, PASSWORD).unwrap();
    let (_person, window) = Person::activated(&folder.path().join("device"), &service, USER)
        .await
        .unwrap();
    let passcode = window.passcode().await.unwrap();

    window.press("Devices").await.unwrap();
    window.screen("sign-in").await.unwrap();
    window.type_into("Username", USER).await.unwrap();
    window.type_into("Password", PASSWORD).await.unwrap();
    window.press("Continue").await.unwrap();
    window.screen("prove").await.unwrap();
    window.press("Type a passcode").await.unwrap();
    window.type_into("Passcode", &passcode).await.unwrap();
    window.screen("devices").await.unwrap();

    let this = window.reads("This phone").await.unwrap();
    this.click().await.unwrap();
    window.screen("device-options").await.unwrap();
    window.press("Reactivate this phone").await.unwrap();
    window.screen("reactivate-here").await.unwrap();
    window.press("Reactivate this phone").await.unwrap();
    window.screen("reactivate-done").await.unwrap();
    window.close().await.unwrap();
}
