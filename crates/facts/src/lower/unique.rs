//! Whether a class of rows says that no two rows may be alike: by a unique column or constraint, or by a key of its
//! own. What cannot be told from a number that is drawn anew for each row counts as said.

/// Whether the text of a class speaks of something unique.
pub(super) fn says_unique(text: &str) -> bool {
    text.lines().any(|line| {
        let code = line.split('#').next().unwrap_or_default();
        let said =
            ["nique", "OneToOne", "primary_key", "PrimaryKey", "constraints", "__table_args__"];
        said.iter().any(|word| code.contains(word)) && !is_drawn(code)
    })
}

/// Whether a line declares a number that every row is given anew: `id = AutoField(primary_key=True)`.
fn is_drawn(code: &str) -> bool {
    let code = code.trim_start();
    let of_id = code.strip_prefix("id").is_some_and(|rest| rest.starts_with([' ', ':', '=']));
    let counted = ["AutoField", "Integer", "Identity", "autoincrement"];
    code.contains("uuid4") || of_id && counted.iter().any(|word| code.contains(word))
}

#[cfg(test)]
mod tests {
    use super::says_unique;

    #[test]
    fn a_number_that_each_row_is_given_is_no_key() {
        assert!(!says_unique("class A(Model):\n    id = models.AutoField(primary_key=True)"));
        assert!(!says_unique("class A(Model):\n    token = UUIDField(default=uuid4, unique=True)"));
        assert!(!says_unique("class A(Base):\n    name = Column(String)  # not unique"));
    }

    #[test]
    fn a_column_or_a_constraint_is_one() {
        assert!(says_unique("class A(Model):\n    name = CharField(unique=True)"));
        assert!(says_unique("class A(Model):\n    user = models.OneToOneField(User)"));
        assert!(says_unique("class A(Base):\n    nick = Column(String, primary_key=True)"));
        assert!(says_unique("class A(Model):\n    class Meta:\n        unique_together = []"));
    }
}
