namespace SidecarPatterns;

/// <summary>
/// Where the credential of an ambassador comes from: a vault, a token service, a file. Implement it for what the ambassador does not know itself.
/// </summary>
/// <remarks>
/// <para>
/// Register it with <c>AddCredential&lt;TProvider&gt;()</c>, or outside a container with <see cref="AmbassadorOptions.UseCredential"/>. It only gets the
/// credential: the ambassador keeps it, asks again before <see cref="AmbassadorCredential.Lifetime"/> is over or when the server refuses it, has one request
/// under way at a time whoever waits for it, and leaves a provider that fails alone for a while.
/// </para>
/// <para>There is one for all calls of a client; it is not asked twice at a time, unless it has ignored its cancellation.</para>
/// <para>
/// Which headers its credentials set is known with the first one. Until then a request that has one of them from its caller waits for that too, and to another
/// origin than the client's own is refused.
/// </para>
/// </remarks>
/// <example>
/// <code>
/// sealed class VaultCredential(Vault vault) : IAmbassadorCredentialProvider
/// {
///     public async ValueTask&lt;AmbassadorCredential&gt; AcquireAsync(CredentialRequest request, CancellationToken ct) =>
///         AmbassadorCredential.Bearer(await vault.ReadAsync("orders", ct), TimeSpan.FromMinutes(15));
/// }
/// </code>
/// </example>
public interface IAmbassadorCredentialProvider
{
    /// <summary>Gets a credential.</summary>
    /// <param name="request">Who asks, and what was refused.</param>
    /// <param name="ct">
    /// Cancelled after <see cref="AmbassadorAuthenticationOptions.AcquireTimeout"/>; never by a caller, since others wait too.
    /// </param>
    /// <returns>The credential.</returns>
    /// <remarks>Whatever it throws is told as a failure by its type alone: what a message says may be secret.</remarks>
    ValueTask<AmbassadorCredential> AcquireAsync(CredentialRequest request, CancellationToken ct);
}
