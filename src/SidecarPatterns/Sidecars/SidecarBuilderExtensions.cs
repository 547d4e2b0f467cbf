using SidecarPatterns;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Settings of a sidecar that concern other sidecars too.</summary>
public static class SidecarBuilderExtensions
{
    /// <summary>Makes a sidecar start after another one, and drain before it, whatever the order of registration.</summary>
    /// <typeparam name="TBuilder">The type of the builder, so that what it takes besides can be chained on.</typeparam>
    /// <param name="builder">The builder of the sidecar that depends on the other.</param>
    /// <param name="name">The name of the other one, without regard to case; it may be registered later. Several calls add up.</param>
    /// <returns>The same builder.</returns>
    /// <remarks>
    /// <para>
    /// Where no dependency says otherwise, the order of registration stays: of all sidecars whose dependencies have been started, the one that was
    /// registered first comes next. As everywhere, a critical one is waited for until it is ready, and an optional one is not. The order is
    /// that of the host's start and stop; a restart of one sidecar restarts no other, unless they are in one group.
    /// </para>
    /// <para>
    /// A name that no sidecar has, and sidecars that depend on each other in a circle, are an <see cref="InvalidOperationException"/> at the start of
    /// the host, before anything starts. Not thread-safe, as no registration is.
    /// </para>
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="name"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException"><paramref name="name"/> can not be the name of a sidecar, or the builder is not that of one.</exception>
    public static TBuilder DependsOn<TBuilder>(this TBuilder builder, string name)
        where TBuilder : ISidecarBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(name);
        builder.FindRegistration().DependsOn(SidecarName.Checked(name));
        return builder;
    }

    /// <summary>
    /// Makes a sidecar start before all others, and drain after them, whatever the order of registration: the others rely on it, and need not say so.
    /// </summary>
    /// <typeparam name="TBuilder">The type of the builder, so that what it takes besides can be chained on.</typeparam>
    /// <param name="builder">The builder of the sidecar.</param>
    /// <returns>The same builder.</returns>
    /// <remarks>
    /// Several that start first do so in the order of their registration, as far as <see cref="DependsOn"/> allows. What one of them depends on starts
    /// before it, and so before the others too. Not thread-safe, as no registration is.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">The builder is not that of a sidecar.</exception>
    public static TBuilder StartsFirst<TBuilder>(this TBuilder builder)
        where TBuilder : ISidecarBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.FindRegistration().StartsFirst = true;
        return builder;
    }

    /// <summary>Puts a sidecar into a group: its failures count together with those of the others, and may restart them.</summary>
    /// <typeparam name="TBuilder">The type of the builder, so that what it takes besides can be chained on.</typeparam>
    /// <param name="builder">The builder of the sidecar.</param>
    /// <param name="group">The name of the group, without regard to case, which <see cref="SidecarServiceCollectionExtensions.AddSidecarGroup"/> adds, before
    /// or after.</param>
    /// <returns>The same builder.</returns>
    /// <remarks>
    /// The order within a group is that of the start. <see cref="SidecarGroupOptions"/> stand in for the sidecar's own options of the same names. A group
    /// that was not added is an <see cref="InvalidOperationException"/> at the start of the host, before anything starts. Not thread-safe, as no
    /// registration is.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="group"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException"><paramref name="group"/> can not be the name of a group, or the builder is not that of a sidecar.</exception>
    /// <exception cref="InvalidOperationException">The sidecar is in a group already.</exception>
    public static TBuilder InGroup<TBuilder>(this TBuilder builder, string group)
        where TBuilder : ISidecarBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(group);
        builder.FindRegistration().Join(SidecarName.Checked(group, "group"));
        return builder;
    }
}
