//! Closed sets as columns of text.

/// Makes a [`programme::Coded`] enum a column of text that holds its code. What diesel's own
/// derives would write stands here, so that an enum beside the rules of its slice names no
/// database.
///
/// Reading a code that the enum does not know is an error: the CHECK of the column and the enum
/// list the same codes, and a row that breaks it must not be taken for another.
macro_rules! stored_by_code {
    ($name:ident) => {
        const _: () = {
            use diesel::backend::Backend;
            use diesel::deserialize::{self, FromSql, Queryable};
            use diesel::expression::AsExpression;
            use diesel::internal::derives::as_expression::Bound;
            use diesel::serialize::{self, Output, ToSql};
            use diesel::sql_types::{Nullable, SingleValue, Text};
            use programme::Coded;

            impl<DB: Backend> FromSql<Text, DB> for $name
            where
                String: FromSql<Text, DB>,
            {
                fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
                    let code = <String as FromSql<Text, DB>>::from_sql(bytes)?;
                    Self::from_code(&code)
                        .ok_or_else(|| format!("“{code}” is no {}", stringify!($name)).into())
                }
            }

            impl<DB: Backend> ToSql<Text, DB> for $name
            where
                str: ToSql<Text, DB>,
            {
                fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
                    <str as ToSql<Text, DB>>::to_sql(self.code(), out)
                }
            }

            impl<DB: Backend> ToSql<Nullable<Text>, DB> for $name
            where
                Self: ToSql<Text, DB>,
            {
                fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
                    ToSql::<Text, DB>::to_sql(self, out)
                }
            }

            impl<DB: Backend, ST: SingleValue> Queryable<ST, DB> for $name
            where
                Self: FromSql<ST, DB>,
            {
                type Row = Self;

                fn build(row: Self) -> deserialize::Result<Self> {
                    Ok(row)
                }
            }

            $crate::db::text::bound!($name, Text);
            $crate::db::text::bound!($name, Nullable<Text>);
        };
    };
}

/// Lets values of an enum, and references to them, stand in a query as `$st`.
macro_rules! bound {
    ($name:ident, $st:ty) => {
        impl AsExpression<$st> for $name {
            type Expression = Bound<$st, Self>;

            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }

        impl<'expr> AsExpression<$st> for &'expr $name {
            type Expression = Bound<$st, Self>;

            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }
    };
}

pub(crate) use {bound, stored_by_code};
