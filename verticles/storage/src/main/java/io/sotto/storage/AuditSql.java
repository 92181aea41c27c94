package io.sotto.storage;

/** The statements of the audit log. */
final class AuditSql {
  static final String LOCK_HEAD = "select seq, hash from audit_head for update";

  static final String APPEND =
      """
      insert into audit (seq, at, node, action, tenant_id, actor, address, subject, detail, times, hash)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)\
      """;

  static final String MOVE_HEAD = "update audit_head set seq = $1, hash = $2";

  /** By JDBC, a block at a time. */
  static final String READ =
      """
      select seq, at, node, action, tenant_id, actor, address, subject, detail, times, hash
      from audit where seq > ? order by seq limit ?\
      """;

  static final String OF =
      """
      select seq, at, node, action, tenant_id, actor, address, subject, detail, times, hash
      from audit where subject = ? order by seq limit ?\
      """;

  static final String HEAD = "select seq, hash from audit_head";

  private AuditSql() {}
}
