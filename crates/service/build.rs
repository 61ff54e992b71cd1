//! Builds the service again when the portal's files changed. A folder that is not there would count as changed always, so
//! an empty one is made: the service then says that it has no portal.

fn main() {
    let portal = "../../ui/dist-portal";
    println!("cargo::rerun-if-changed=build.rs");
    if std::fs::create_dir_all(portal).is_ok() {
        println!("cargo::rerun-if-changed={portal}");
    }
}
