using SidecarPatterns;

namespace Microsoft.Extensions.DependencyInjection;

public static partial class SidecarServiceCollectionExtensions
{
    /// <summary>Adds a group: sidecars that are restarted together, and whose failures count together.</summary>
    /// <param name="services">The services to add to.</param>
    /// <param name="name">Its name, for <see cref="SidecarBuilderExtensions.InGroup{TBuilder}"/>: letters, digits, <c>.</c>, <c>-</c> and <c>_</c>, unique
    /// among groups without regard to case.</param>
    /// <param name="strategy">Which members are restarted when one of them has failed; by default the failed one alone.</param>
    /// <param name="configure">Changes its options, after the configuration section <c>SidecarGroups:&lt;name&gt;</c> was bound.</param>
    /// <returns>The same services.</returns>
    /// <remarks>
    /// <para>Members join with <see cref="SidecarBuilderExtensions.InGroup{TBuilder}"/>, before or after this call.</para>
    /// <para>
    /// When a member is to be restarted, the others that the strategy names are stopped in the reverse order of their start. Their messages stay queued, and
    /// one that is with its handler settles first, within <see cref="SidecarOptions.HandlerTimeout"/> or else <see cref="SidecarOptions.DrainTimeout"/>.
    /// After the restart delay all of them are started in order, each once the one before is ready or its <see cref="SidecarOptions.StartupTimeout"/>
    /// is over. A member that has ended in order stays so, and so does one that was ended by control.
    /// </para>
    /// <para>
    /// A failure that is for good (more in a row than <see cref="SidecarGroupOptions.MaxRestarts"/>, or of a member whose
    /// <see cref="SidecarOptions.RestartPolicy"/> is <see cref="RestartPolicy.Never"/>) takes the whole group down: every member fails, and the host stops if
    /// any of them is critical. A member that returns under <see cref="RestartPolicy.OnFailure"/> concerns nobody else. A restart by control is that of one
    /// member alone.
    /// </para>
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="name"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">The name is not allowed, or is taken.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="strategy"/> is none of the strategies.</exception>
    public static IServiceCollection AddSidecarGroup(
        this IServiceCollection services,
        string name,
        SidecarGroupStrategy strategy = SidecarGroupStrategy.OneForOne,
        Action<SidecarGroupOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(name);
        if (!Enum.IsDefined(strategy))
        {
            throw new ArgumentOutOfRangeException(nameof(strategy), strategy, "It is none of the strategies.");
        }

        return services.AddGroupCore(new GroupRegistration(SidecarName.Checked(name, "group"), strategy), configure);
    }
}
